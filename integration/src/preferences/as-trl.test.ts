// Losses, rewards and gradients of every way to learn from preferences, held to TRL's trainers
// (packages/models/test/fixtures/preferences/make_preferences.py), on each engine.

import { readFile } from "node:fs/promises";
import { createRequire } from "node:module";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import { readAdapterFolder } from "@lowrank/adapter-format/node";
import { activeAdapters, inferenceContext } from "@lowrank/contracts";
import { chooseEngine } from "@lowrank/engine";
import { differentiate } from "@lowrank/engine/internal";
import { type AdapterHandle, attachAdapter } from "@lowrank/inject";
import { loadModel, type PretrainedModel, preferenceLoss } from "@lowrank/models";
import { type PreferenceBatch, type PreferenceLossName, preferenceSettings } from "@lowrank/models/internal";
import { openFolder } from "@lowrank/models/node";
import { expectClose, expectNoLeak, readTensors } from "@lowrank/testing";
import * as tf from "@tensorflow/tfjs-core";
import { afterAll, beforeAll, describe, it } from "vitest";
import { expectTrlGradients, integers, type JsonBatch } from "../testing/trl-cases.ts";

interface Case {
  readonly settings: Parameters<typeof preferenceSettings>[1];
  readonly loss: number;
  readonly rewards: readonly number[];
}

const folder = fileURLToPath(new URL("../../../packages/models/test/fixtures/preferences/", import.meta.url));
interface Answers {
  readonly answers: JsonBatch;
  readonly mismatched: JsonBatch;
  /** Of answers by themselves. */
  readonly isGood?: readonly boolean[];
}

const { single, expected, ...pairs } = JSON.parse(await readFile(join(folder, "expected.json"), "utf8")) as Answers & {
  readonly single: Answers;
  readonly expected: Readonly<Record<string, Case>>;
};
const gradients = await readTensors(join(folder, "gradients.safetensors"));
const tinyModel = join(dirname(createRequire(import.meta.url).resolve("@lowrank/tiny-model/package.json")), "model");

const other: Readonly<Record<string, PreferenceLossName>> = { cdpo: "dpo", single: "kto" };
const lossOf = (name: string): PreferenceLossName => other[name] ?? (name as PreferenceLossName);
const answersOf = (name: string): PreferenceBatch => {
  const { answers, mismatched, isGood } = name === "single" ? single : pairs;
  return { answers: integers(answers), mismatched: integers(mismatched), isGood };
};

describe.each(["wasm", "native"] as const)("preferences on %s", (engine) => {
  let model: PretrainedModel;
  let handle: AdapterHandle;
  beforeAll(async () => {
    await chooseEngine({ order: [engine] });
    model = await loadModel(openFolder(tinyModel));
    handle = attachAdapter(model, await readAdapterFolder(join(folder, "adapter")), {
      trainable: true,
      allowDifferentBase: true,
    });
  });
  afterAll(() => {
    handle.dispose();
    model.dispose();
  });

  const compute = (name: string) =>
    preferenceLoss(model, answersOf(name), {
      loss: lossOf(name),
      settings: preferenceSettings(lossOf(name), expected[name]?.settings),
      context: inferenceContext(activeAdapters(handle.name)),
    });

  it.each(Object.entries(expected))("equals TRL's result: %s", async (name, { loss, rewards }) => {
    const result = compute(name);
    expectClose(await result.loss.data(), [loss], 1e-5 * Math.max(1, loss), "loss");
    expectClose(await result.rewards.data(), rewards, 2e-5 * Math.max(...rewards.map(Math.abs)), "rewards");
    tf.dispose([result.loss, result.rewards]);
    expectTrlGradients(gradients, name, { variables: handle.variables, lossOf: () => compute(name).loss });
  });

  it("leave nothing behind", async () => {
    await expectNoLeak(() => {
      tf.tidy(() => void differentiate(() => compute("kto").loss, [...handle.variables.values()]));
    });
  });
});
