import "@tensorflow/tfjs-backend-cpu";
import { readFile } from "node:fs/promises";
import { join } from "node:path";
import { activeAdapters, inferenceContext } from "@lowrank/contracts";

import { serializeSafetensors, type TensorData } from "@lowrank/safetensors";
import { parseSafetensors } from "@lowrank/safetensors/internal";
import { expectClose, fixturesRoot } from "@lowrank/testing";
import * as tf from "@tensorflow/tfjs-core";
import { describe, expect, it } from "vitest";
import { describeModel } from "../describe-model.ts";

import { filesFolder } from "../folder/files-folder.ts";
import { loadModel } from "../loading/load-model.ts";
import type { PretrainedModel } from "../pretrained-model.ts";

const bytes = (value: unknown) => new TextEncoder().encode(JSON.stringify(value));

/** A fixture's base, with its layers copied into another order first if one is given. */
async function load(name: string, order?: readonly number[]): Promise<PretrainedModel> {
  const base = join(fixturesRoot, name, "base");
  const file = parseSafetensors(await readFile(join(base, "model.safetensors")));
  const config: Record<string, unknown> = JSON.parse(await readFile(join(base, "config.json"), "utf8"));
  const tensors = new Map<string, TensorData>();
  for (const [key, { dtype, shape }] of file.tensors) {
    const layer = /\.(\d+)\./.exec(key)?.[1];
    const indices = order?.flatMap((old, position) => (String(old) === layer ? [position] : [])) ?? [];
    const names =
      layer === undefined || !order ? [key] : indices.map((position) => key.replace(/\.\d+\./, `.${position}.`));
    for (const renamed of names) tensors.set(renamed, { dtype, shape, data: file.bytes(key) });
  }
  const count = config.n_layer === undefined ? "num_hidden_layers" : "n_layer";
  const changed = order ? { ...config, [count]: order.length, layer_types: undefined } : config;
  const files = new Map([
    ["config.json", bytes(changed)],
    ["model.safetensors", serializeSafetensors(tensors)],
  ]);
  return loadModel(filesFolder(name, files));
}

function logits(model: PretrainedModel, context = inferenceContext()): Float32Array {
  return tf.tidy(() => {
    const inputIds = tf.tensor2d([[5, 7, 9, 4]], undefined, "int32");
    return Float32Array.from(model.forward({ inputIds }, context).dataSync());
  });
}

describe("withLayers", () => {
  it.each(["llama-gqa", "gpt2", "llama-gqa-tied", "bert-seqcls", "gpt_neox", "mistral"])(
    "%s computes what a checkpoint with copied layers computes",
    async (name) => {
      const before = tf.memory().numTensors;
      const [base, copied] = [await load(name), await load(name, [0, 1, 0, 1])];
      const model = base.withLayers([0, 1, 0, 1]);
      expectClose(logits(model), logits(copied), 0);
      expect(model.sites().map(({ path }) => path)).toEqual(copied.sites().map(({ path }) => path));
      for (const one of [base, copied, model]) one.dispose();
      expect(tf.memory().numTensors).toBe(before);
    },
  );

  it("keeps windows at their positions in a stack that is not longer, as transformers reads the type of each position", async () => {
    const [base, copied] = [await load("gemma2"), await load("gemma2", [1, 0])];
    const model = base.withLayers([1, 0]);
    expectClose(logits(model), logits(copied), 0);
    expect(model.config.windows).toEqual(base.config.windows);
    const longer = base.withLayers([1, 0, 1]);
    expect(longer.config.windows).toEqual([1, 0, 1].map((layer) => base.config.windows[layer]));
    for (const one of [base, copied, model, longer]) one.dispose();
  });

  it("keeps each weight in memory once, and counts it once", async () => {
    const base = await load("llama-gqa");
    const { numDataBuffers } = tf.memory();
    const model = base.withLayers([0, 1, 1, 1, 0]);
    expect(tf.memory().numDataBuffers).toBe(numDataBuffers);
    expect(describeModel(model).parameters).toBe(describeModel(base).parameters);
    expect(model.layerOrder).toEqual([0, 1, 1, 1, 0]);
    expect(model.withLayers([0, 4]).layerOrder).toEqual([0, 0]);
    model.dispose();
    base.dispose();
  });

  it("keeps working when the model that it came from is disposed of, and vice versa", async () => {
    const base = await load("gpt2");
    const model = base.withLayers([1, 0, 0]);
    const expected = logits(model);
    base.dispose();
    expectClose(logits(model), expected, 0);
    expect(() => base.withLayers([0])).toThrow(expect.objectContaining({ code: "MODEL_DISPOSED" }));
    const third = model.withLayers([0, 1, 2]);
    model.dispose();
    expectClose(logits(third), expected, 0);
    third.dispose();
  });

  it("uses the weights as they are after a merge, whatever happens to it", async () => {
    const base = await load("llama-gqa-tied");
    const head = base.sites().find(({ path }) => path === "lm_head")!;
    const undo = head.replaceWeight(tf.mul(head.readWeight(), 2));
    const model = base.withLayers([0, 1]);
    const expected = logits(base);
    undo();
    expectClose(logits(model), expected, 0);
    model.dispose();
    base.dispose();
  });

  it("has its own hook points for each repetition, and adapters stay on the original", async () => {
    const base = await load("llama-gqa");
    const gain = (model: PretrainedModel, layer: number) =>
      model.parameters().find(({ path }) => path === `model.layers.${layer}.input_layernorm.weight`)!;
    gain(base, 0).override("a", (frozen) => tf.mul(frozen, 3));
    const model = base.withLayers([0, 0]);
    const selected = inferenceContext(activeAdapters("a"));
    expect(() => logits(model, selected)).toThrow(/"a"/);
    const plain = logits(model);
    const undo = gain(model, 1).replace(tf.mul(gain(model, 1).read(), 2));
    expect(logits(model)).not.toEqual(plain);
    undo();
    expectClose(logits(model), plain, 0);
    model.dispose();
    base.dispose();
  });

  it("refuses missing layers, an empty list, and models with two stacks", async () => {
    const [base, pair] = [await load("gpt2"), await load("t5")];
    for (const order of [[0, 2], [-1], [0.5], []])
      expect(() => base.withLayers(order)).toThrow(expect.objectContaining({ code: "LAYER_ORDER" }));
    expect(() => pair.withLayers([0])).toThrow(/two stacks/);
    base.dispose();
    pair.dispose();
  });
});
