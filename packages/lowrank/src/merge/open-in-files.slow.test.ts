import "@tensorflow/tfjs-backend-cpu";
import { existsSync, readdirSync } from "node:fs";
import { join } from "node:path";
import { LowrankError } from "@lowrank/contracts";
import { exportModel, mergeAdapter } from "@lowrank/merge";
import { planMerge } from "@lowrank/merge/internal";
import { parseSafetensors } from "@lowrank/safetensors/internal";
import { fixturesRoot } from "@lowrank/testing";
import * as tf from "@tensorflow/tfjs-core";
import { describe, expect, it } from "vitest";
import { nodePlatform } from "../node/node-platform.ts";
import { openBase } from "../open/open-base.ts";
import { exportSource } from "./export-source.ts";
import { openInFiles } from "./open-in-files.ts";

const rooms = ["", "../lora-features", "../family-features", "../shared-tables", "../training", "../old-peft"];
const folders = rooms.flatMap((room) => {
  const path = join(fixturesRoot, room);
  return readdirSync(path).flatMap((name) => {
    const isWhole = ["base", "adapter"].every((part) => existsSync(join(path, name, part)));
    return isWhole ? [join(path, name)] : [];
  });
});

const notices = { note: () => {}, say: () => {}, warn: () => {} };
const context = { notices, stdin: undefined, fetch: undefined, accessToken: undefined } as never;

const placesOf = (folder: string) => ({
  model: () => nodePlatform.findModel(join(folder, "base"), context),
  adapter: () => nodePlatform.findAdapter(join(folder, "adapter"), context),
});

type Files = ReadonlyMap<string, Uint8Array>;

/** The files, or how the merge is refused. */
async function outcome(merging: Promise<Files>): Promise<Files | string> {
  return merging.catch((error: unknown) => {
    if (error instanceof LowrankError) return error.code;
    throw error;
  });
}

async function inMemory(folder: string, tied: "refuse" | "untie"): Promise<Files> {
  const opened = await openBase(placesOf(folder), { allowDifferentBase: true }, notices as never);
  try {
    await mergeAdapter(opened.model, opened.handle!, { tied });
    return await exportModel(opened.model, { source: await exportSource(opened, notices as never) });
  } finally {
    opened.dispose();
  }
}

async function inFiles(folder: string, tied: "refuse" | "untie"): Promise<Files> {
  const opened = await openInFiles(placesOf(folder), { allowDifferentBase: true }, notices as never);
  const { model, toMerge, weights } = opened;
  try {
    const merge = planMerge(model, toMerge, { weights, tied });
    return await exportModel(model, { merge, source: await exportSource(opened, notices as never) });
  } finally {
    opened.dispose();
    await weights.close();
  }
}

describe("a merge of weights that stay in their files", () => {
  it.each(folders)("equals a merge in memory: %s", async (folder) => {
    for (const tied of ["refuse", "untie"] as const) {
      const before = tf.memory().numTensors;
      const [ours, whole] = [await outcome(inFiles(folder, tied)), await outcome(inMemory(folder, tied))];
      expect(tf.memory().numTensors).toBe(before);
      if (typeof ours === "string" || typeof whole === "string") {
        expect(ours).toEqual(whole);
        continue; // refused for a tied table: then it is untied
      }
      expect([...ours.keys()].sort()).toEqual([...whole.keys()].sort());
      for (const [name, bytes] of whole) {
        const own = ours.get(name)!;
        if (!name.endsWith(".safetensors")) expect(own).toEqual(bytes);
        else expectSameTensors(own, bytes);
      }
      // Weights that need not be untied are written the same with "untie".
      if (tied === "refuse") expectSameBytes(await outcome(inFiles(folder, "untie")), ours);
      return;
    }
  });
});

function expectSameBytes(got: Files | string, expected: Files): void {
  if (typeof got === "string") throw new Error(`Refused as ${got}.`);
  expect([...got.keys()]).toEqual([...expected.keys()]);
  for (const [name, bytes] of expected) expect([name, Buffer.compare(got.get(name)!, bytes)]).toEqual([name, 0]);
}

function expectSameTensors(ours: Uint8Array, whole: Uint8Array): void {
  const [one, other] = [parseSafetensors(ours), parseSafetensors(whole)];
  expect(one.tensors).toEqual(other.tensors);
  for (const key of other.tensors.keys()) {
    const [got, expected] = [one.float32(key), other.float32(key)];
    const largest = expected.reduce((max, value) => Math.max(max, Math.abs(value)), 0);
    const off = got.findIndex((value, index) => !(Math.abs(value - expected[index]!) <= 1e-6 * largest));
    expect([key, off, got[off], expected[off]]).toEqual([key, -1, undefined, undefined]);
  }
}
