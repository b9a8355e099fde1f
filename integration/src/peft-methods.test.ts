// Adapters of PEFT's other methods, read as LoRA: the logits that PEFT computes with them.

import "@tensorflow/tfjs-backend-cpu";
import { readFile } from "node:fs/promises";
import { join } from "node:path";
import { readAdapterFolder } from "@lowrank/adapter-format/node";
import { activeAdapters, inferenceContext } from "@lowrank/contracts";
import { checkConfig } from "@lowrank/contracts/families";
import { attachAdapter } from "@lowrank/inject";
import { loadModel, type PretrainedModel } from "@lowrank/models";
import { openFolder } from "@lowrank/models/node";
import { expectClose, fixturesRoot } from "@lowrank/testing";
import * as tf from "@tensorflow/tfjs-core";
import { afterAll, beforeAll, describe, expect, it } from "vitest";

const folderOf = (name: string) => join(fixturesRoot, "..", "peft-methods", name);
const json = async (...names: string[]) => JSON.parse(await readFile(join(folderOf(""), ...names), "utf8"));
const base = async () => checkConfig(await json("base", "config.json"));

function logitsOf(model: PretrainedModel, ids: number[][]): Float32Array {
  return tf.tidy(() => {
    const inputIds = tf.tensor2d(ids, undefined, "int32");
    return Float32Array.from(model.forward({ inputIds }, inferenceContext(activeAdapters("default"))).dataSync());
  });
}

describe("an adapter of PEFT's method", () => {
  let model: PretrainedModel;
  beforeAll(async () => {
    model = await loadModel(openFolder(folderOf("base")));
  });
  afterAll(() => model.dispose());

  const names = [
    "loha",
    "lokr",
    "lokr-full",
    "adalora",
    "delora",
    "vblora",
    "gralora",
    "vera",
    "miss",
    "miss-mini",
    "randlora",
  ];
  it.each(names)("%s computes PEFT's logits as LoRA", async (name) => {
    const expected = await json("expected.json");
    const codes: string[] = [];
    const onWarning = ({ code }: { readonly code: string }) => codes.push(code);
    const adapter = await readAdapterFolder(folderOf(name), { base, onWarning });
    const handle = attachAdapter(model, adapter);
    const logits = logitsOf(model, expected.inputIds);
    handle.dispose();
    expectClose(logits, Float32Array.from(expected[name]), 1e-4);
    expect(codes).toEqual(["READ_AS_LORA"]);
  });

  it.each(["adalora-pruned", "adalora-rank-0", "vblora-top-k"])("%s computes PEFT's logits as LoRA", async (name) => {
    const folder = join(fixturesRoot, "..", "pruned-methods");
    const expected = JSON.parse(await readFile(join(folder, "expected.json"), "utf8"))[name];
    const other = await loadModel(openFolder(join(folder, expected.base)));
    const handle = attachAdapter(other, await readAdapterFolder(join(folder, name)));
    expectClose(logitsOf(other, expected.inputIds), Float32Array.from(expected.logits), 1e-4);
    handle.dispose();
    other.dispose();
  });

  it.each(["vera", "miss", "randlora"])("%s needs the sizes of the base's layers", async (name) => {
    await expect(readAdapterFolder(folderOf(name))).rejects.toMatchObject({ code: "BASE_NEEDED" });
  });

  it("c3a is refused, since its update has full rank", async () => {
    const reading = readAdapterFolder(folderOf("c3a"), { base });
    await expect(reading).rejects.toThrow(/"C3A".*full rank.*save_as_lora/);
    await expect(reading).rejects.toMatchObject({ code: "UNSUPPORTED_PEFT_TYPE" });
  });
});
