// LoRA on a base in 4, 8 or 16 bits: what is computed with packed weights must be what the same numbers in float32 give,
// through injection, training, merging and back.

import "@lowrank/engine/gradients";
import "@tensorflow/tfjs-backend-cpu";
import { createLoraConfig } from "@lowrank/adapter-format";
import { activeAdapters, inferenceContext } from "@lowrank/contracts";
import { int8Problem } from "@lowrank/engine/internal";
import { type AdapterHandle, injectAdapter, planInjection } from "@lowrank/inject";
import { mergeAdapter } from "@lowrank/merge";
import { loadModel, type PretrainedModel } from "@lowrank/models";
import type { BasePrecision } from "@lowrank/models/internal";
import { openFolder } from "@lowrank/models/node";
import { expectClose, fixturesRoot } from "@lowrank/testing";
import * as tf from "@tensorflow/tfjs-core";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { isAbsent, use } from "./invariants/engines.ts";
import { lossesOfRow } from "./testing/train-row.ts";

beforeAll(async () => {
  await tf.setBackend("cpu");
});

type LoraSettings = Parameters<typeof createLoraConfig>[0];

const load = (basePrecision: BasePrecision, name = "llama-gqa") =>
  loadModel(openFolder(`${fixturesRoot}/${name}/base`), { basePrecision });

/** The same numbers in float32. */
async function unpacked(packed: PretrainedModel, name?: string): Promise<PretrainedModel> {
  const model = await load("float32", name);
  const values = new Map(packed.sites().map((site) => [site.path, site]));
  for (const site of model.sites()) site.replaceWeight(values.get(site.path)?.readWeight() ?? tf.zeros([0]));
  return model;
}

function inject(model: PretrainedModel, settings: LoraSettings): AdapterHandle {
  return injectAdapter(model, planInjection(model, createLoraConfig(settings)), { seed: 3 });
}

const row = [3, 14, 15, 92, 65, 35, 89, 79, 32, 38];

async function logitsOf(model: PretrainedModel, adapter?: string): Promise<Float32Array> {
  const context = inferenceContext(adapter === undefined ? undefined : activeAdapters(adapter));
  const logits = tf.tidy(() => model.forward({ inputIds: tf.tensor2d(row, [1, row.length], "int32") }, context));
  const values = Float32Array.from(await logits.data());
  logits.dispose();
  return values;
}

const trainedLosses = (model: PretrainedModel, handle: AdapterHandle, steps: number) =>
  lossesOfRow(model, handle, { row, steps, learningRate: 1e-2 });

const kinds: readonly (readonly [string, LoraSettings])[] = [
  ["LoRA on every linear layer", { rank: 4, targetModules: "all-linear" }],
  ["DoRA", { rank: 4, targetModules: ["q_proj", "down_proj"], useDora: true }],
  ["LoRA on the embedding and the head", { rank: 4, targetModules: ["embed_tokens", "lm_head"] }],
  ["QALoRA", { rank: 4, targetModules: ["q_proj", "down_proj"], useQalora: true, qaloraGroupSize: 8 }],
  ["PiSSA", { rank: 4, targetModules: ["q_proj", "v_proj"], init: "pissa" }],
];

describe.skipIf(isAbsent("native"))("on a base in int8 that is multiplied in 8 bits", () => {
  beforeAll(() => use("native"));
  afterAll(() => use("cpu"));

  it.for(kinds)("%s reduces the loss like the same numbers in float32", async ([, settings], { skip }) => {
    const reason = int8Problem();
    if (reason !== undefined) {
      process.stderr.write(`skipped: training on a base that is multiplied in 8 bits: ${reason}\n`);
      skip(reason);
    }
    const packed = await load("int8");
    const float = await unpacked(packed);
    const losses: number[][] = [];
    for (const model of [packed, float]) {
      const handle = inject(model, settings);
      losses.push(await trainedLosses(model, handle, 6));
      handle.dispose();
    }
    expect(losses[0]).not.toEqual(losses[1]);
    expectClose(losses[0] ?? [], losses[1] ?? [], 0.03);
    expect(losses[0]?.at(-1)).toBeLessThan(losses[0]?.[0] ?? 0);
    packed.dispose();
    float.dispose();
  });

  it("merging computes the merged layers in float32, and undoing restores every bit", async () => {
    const model = await load("int8");
    const handle = inject(model, { rank: 4, targetModules: ["q_proj"] });
    await trainedLosses(model, handle, 3);
    const plain = await logitsOf(model);
    const adapted = await logitsOf(model, handle.name);
    const merged = await mergeAdapter(model, handle);
    expectClose(await logitsOf(model), adapted, 0.15);
    merged.undo();
    expect(await logitsOf(model)).toEqual(plain);
    handle.dispose();
    model.dispose();
  });
});

describe.each(["nf4", "int8", "as-stored"] as const)("on a base in %s", (precision) => {
  const name = precision === "as-stored" ? "bf16-base" : "llama-gqa";

  it.each(kinds)("%s trains step for step as on the same numbers in float32", async (_, settings) => {
    const before = tf.memory().numTensors;
    const packed = await load(precision, name);
    const float = await unpacked(packed, name);
    const losses: number[][] = [];
    for (const model of [packed, float]) {
      const handle = inject(model, settings);
      losses.push(await trainedLosses(model, handle, 6));
      handle.dispose();
    }
    expectClose(losses[0] ?? [], losses[1] ?? [], 2e-5);
    expect(losses[0]?.at(-1)).toBeLessThan(losses[0]?.[0] ?? 0);
    packed.dispose();
    float.dispose();
    expect(tf.memory().numTensors).toBe(before);
  });

  it("merging makes the merged layers float32 until it is undone, to the bit", async () => {
    const model = await load(precision, name);
    const plain = await logitsOf(model);
    const handle = inject(model, { rank: 4, targetModules: ["q_proj", "down_proj"] });
    await trainedLosses(model, handle, 3);
    const adapted = await logitsOf(model, handle.name);
    const tensors = tf.memory().numTensors;
    const merged = await mergeAdapter(model, handle);
    expectClose(await logitsOf(model), adapted, 1e-4);
    merged.undo();
    expect(await logitsOf(model)).toEqual(plain);
    expect(tf.memory().numTensors).toBe(tensors);
    handle.dispose();
    model.dispose();
  });
});
