// Losses, rewards and gradients of every way to learn from preferences, held to TRL's trainers
// (packages/models/test/fixtures/preferences/make_preferences.py), on each engine.

import { readFile } from "node:fs/promises";
import { createRequire } from "node:module";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import { readAdapterFolder } from "@lowrank/adapter-format/node";
import { activeAdapters, inferenceContext } from "@lowrank/contracts";
import { chooseEngine, differentiate } from "@lowrank/engine";
import { type AdapterHandle, attachAdapter } from "@lowrank/inject";
import {
  type IntegerBatch,
  loadModel,
  type PreferenceBatch,
  type PreferenceLossName,
  type PretrainedModel,
  preferenceLoss,
  preferenceSettings,
} from "@lowrank/models";
import { openFolder } from "@lowrank/models/node";
import { expectClose, expectNoLeak, readTensors } from "@lowrank/testing";
import * as tf from "@tensorflow/tfjs-core";
import { afterAll, beforeAll, describe, expect, it } from "vitest";

interface Batch {
  readonly rows: number;
  readonly time: number;
  readonly inputIds: readonly number[];
  readonly attentionMask: readonly number[];
  readonly labels: readonly number[];
}

interface Case {
  readonly settings: Parameters<typeof preferenceSettings>[1];
  readonly loss: number;
  readonly rewards: readonly number[];
}

const folder = fileURLToPath(new URL("../../../packages/models/test/fixtures/preferences/", import.meta.url));
interface Answers {
  readonly answers: Batch;
  readonly mismatched: Batch;
  /** Of answers by themselves. */
  readonly isGood?: readonly boolean[];
}

const { single, expected, ...pairs } = JSON.parse(await readFile(join(folder, "expected.json"), "utf8")) as Answers & {
  readonly single: Answers;
  readonly expected: Readonly<Record<string, Case>>;
};
const gradients = await readTensors(join(folder, "gradients.safetensors"));
const tinyModel = join(dirname(createRequire(import.meta.url).resolve("@lowrank/tiny-model/package.json")), "model");

function integers({ rows, time, ...lists }: Batch): IntegerBatch {
  const ofIds = (ids: readonly number[]) => Int32Array.from(ids);
  return {
    ...{ rows, time, labelShape: [rows, time] },
    inputIds: ofIds(lists.inputIds),
    attentionMask: ofIds(lists.attentionMask),
    labels: ofIds(lists.labels),
  };
}

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
    const paths = [...handle.variables.keys()];
    const found = tf.tidy(() => {
      const { gradients: own } = differentiate(() => compute(name).loss, [...handle.variables.values()]);
      // Variables are stored as [in, out], PEFT's tensors as [out, in].
      return own.map((gradient) => Float32Array.from(gradient === undefined ? [] : tf.transpose(gradient).dataSync()));
    });
    const wanted = paths.map((path) => gradients.get(`${name}/base_model.model.${path}`)?.values ?? []);
    const largest = Math.max(...wanted.flatMap((values) => Array.from(values, Math.abs)));
    for (const [index, values] of wanted.entries()) {
      expect(values.length, paths[index]).toBeGreaterThan(0);
      expectClose(found[index] ?? [], Float32Array.from(values), 1e-5 * Math.max(1, largest), paths[index]);
    }
    expect(largest).toBeGreaterThan(1e-3);
  });

  it("leave nothing behind", async () => {
    await expectNoLeak(() => {
      tf.tidy(() => void differentiate(() => compute("kto").loss, [...handle.variables.values()]));
    });
  });
});
