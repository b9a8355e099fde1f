import type { NewRows } from "@lowrank/engine/hook-points/internal";
import "@tensorflow/tfjs-backend-cpu";
import { readFile } from "node:fs/promises";
import { join } from "node:path";
import { fc, test } from "@fast-check/vitest";
import { activeAdapters, inferenceContext } from "@lowrank/contracts";
import { float32Tensor, serializeSafetensors, type TensorData } from "@lowrank/safetensors";
import { parseSafetensors } from "@lowrank/safetensors/internal";
import { expectClose, expectNoLeak, fixturesRoot } from "@lowrank/testing";
import * as tf from "@tensorflow/tfjs-core";
import { describe, expect, it } from "vitest";

import { filesFolder } from "../folder/files-folder.ts";
import { loadModel } from "../loading/load-model.ts";
import type { LoadOptions } from "../loading/load-options.ts";
import { openFolder } from "../node.ts";
import type { PretrainedModel } from "../pretrained-model.ts";

const vocabulary = 100;
const bytes = (value: unknown) => new TextEncoder().encode(JSON.stringify(value));

/** A fixture's base, each table and bias over tokens made `size` long in its file first if a size is given. */
async function load(name: string, options: LoadOptions & { readonly size?: number } = {}): Promise<PretrainedModel> {
  const { size, ...loading } = options;
  const base = join(fixturesRoot, name, "base");
  const file = parseSafetensors(await readFile(join(base, "model.safetensors")));
  const config: Record<string, unknown> = JSON.parse(await readFile(join(base, "config.json"), "utf8"));
  const tensors = new Map<string, TensorData>();
  for (const [key, { dtype, shape }] of file.tensors) {
    const isOverTokens = shape[0] === vocabulary || shape.join() === `1,${vocabulary}`;
    const resized = size !== undefined && isOverTokens;
    const isZero = shape[0] === 1 || (shape.length === 1 && config.tie_word_embeddings !== false);
    tensors.set(
      key,
      resized ? inFile(shape, file.float32(key), { size, isZero }) : { dtype, shape, data: file.bytes(key) },
    );
  }
  const files = new Map([
    ["config.json", bytes(size === undefined ? config : { ...config, vocab_size: size })],
    ["model.safetensors", serializeSafetensors(tensors)],
  ]);
  return loadModel(filesFolder(name, files), loading);
}

/**
 * Written once more: the first rows, and below them their mean. As transformers' `resize_token_embeddings` does it, the bias
 * of a tied head goes on with zeros; so does BART's constant bias.
 */
function inFile(
  shape: readonly number[],
  values: Float32Array,
  { size, isZero }: { readonly size: number; readonly isZero: boolean },
): TensorData {
  const isConstant = shape[0] === 1;
  const width = isConstant ? 1 : (shape[1] ?? 1);
  const rows = Array.from({ length: size }, (_, row) => {
    if (row < vocabulary) return values.subarray(row * width, (row + 1) * width);
    const column = (position: number) => values.filter((_, index) => index % width === position);
    const mean = (list: Float32Array) => list.reduce((sum, value) => sum + value, 0) / vocabulary;
    return Float32Array.from({ length: width }, (_, position) => (isZero ? 0 : mean(column(position))));
  });
  const shapeThen = isConstant ? [1, size] : [size, ...shape.slice(1)];
  return float32Tensor(shapeThen, Float32Array.from(rows.flatMap((row) => [...row])));
}

function logits(model: PretrainedModel, ids = [5, 7, 9, 4], context = inferenceContext()): Float32Array {
  return tf.tidy(() => {
    const inputIds = tf.tensor2d([ids], undefined, "int32");
    const inputs =
      model.config.modelType === "t5" || model.config.modelType === "bart" ? { decoderInputIds: inputIds } : {};
    return Float32Array.from(model.forward({ inputIds, ...inputs }, context).dataSync());
  });
}

const languageModels = [
  "llama-gqa",
  "llama-gqa-tied",
  "gpt2",
  "gemma",
  "phi",
  "gpt_neox",
  "opt",
  "roberta-mlm",
  "t5",
  "bart",
];

describe("withVocabulary", () => {
  it.each([...languageModels, "bert-seqcls"])(
    "%s computes what a checkpoint with longer tables computes",
    async (name) => {
      const before = tf.memory().numTensors;
      const [base, written] = [await load(name), await load(name, { size: 103 })];
      const model = base.withVocabulary(103);
      base.dispose();
      const ids = [5, 101, 9, 102];
      expectClose(logits(model, ids), logits(written, ids), 1e-5);
      expect([model.config.vocabularySize, model.resizedFrom]).toEqual([103, vocabulary]);
      for (const one of [model, written]) one.dispose();
      expect(tf.memory().numTensors).toBe(before);
    },
  );

  test.prop([fc.constantFrom(...languageModels), fc.integer({ min: 12, max: 130 })], { numRuns: 12 })(
    "leaves the scores of the tokens that stay as they were, to the bit",
    (name, size) =>
      expectNoLeak(
        async () => {
          const base = await load(name);
          const before = logits(base);
          const model = base.withVocabulary(size);
          const after = logits(model);
          const kept = Math.min(size, vocabulary);
          for (const [row] of [5, 7, 9, 4].entries())
            expect(after.subarray(row * size, row * size + kept)).toEqual(
              before.subarray(row * vocabulary, row * vocabulary + kept),
            );
          expect(logits(base)).toEqual(before);
          for (const one of [base, model]) one.dispose();
        },
        { warmUp: false },
      ),
  );

  it.each(["albert", "camembert", "deberta-v2", "modernbert", "mpnet", "nomic-bert", "xlm-roberta"])(
    "gives new tokens of %s's masked head the bias 0, as transformers does",
    async (name) => {
      const base = await loadModel(openFolder(join(fixturesRoot, "../family-features", `${name}-mlm`, "base")));
      const size = base.config.vocabularySize;
      const model = base.withVocabulary(size + 3);
      const biases = model.parameters().filter(({ shape }) => shape.length === 1 && shape[0] === size + 3);
      expect(biases.length).toBeGreaterThan(0);
      for (const bias of biases) {
        const [now, before] = [bias, base.parameters().find(({ path }) => path === bias.path)!].map((one) =>
          tf.tidy(() => [...one.read().dataSync()]),
        );
        expect(before!.some((value) => value !== 0)).toBe(true);
        expect(now).toEqual([...before!, 0, 0, 0]);
      }
      for (const one of [base, model]) one.dispose();
    },
  );

  it("shares every weight except those over tokens, and all of them if the size is the same", async () => {
    const base = await load("llama-gqa");
    const { numDataBuffers } = tf.memory();
    const same = base.withVocabulary(vocabulary);
    expect(tf.memory().numDataBuffers).toBe(numDataBuffers);
    const model = base.withVocabulary(110);
    expect(tf.memory().numDataBuffers - numDataBuffers).toBe(2); // the table and the head
    for (const one of [base, same, model]) one.dispose();
  });

  it.each<[string, NewRows, (value: number) => boolean]>([
    ["zeros", "zeros", (value) => value === 0],
    ["drawn from a seed", { seed: 3, deviation: 0.5 }, (value) => value !== 0 && Math.abs(value) < 3],
  ])("begins new rows as requested: %s", async (_, newRows, isRight) => {
    const base = await load("llama-gqa");
    const tables = [base.withVocabulary(102, { newRows }), base.withVocabulary(102, { newRows })].map((model) => {
      const weight = tf.tidy(() => model.sites()[0]!.readWeight().dataSync());
      model.dispose();
      return Float32Array.from(weight.subarray(100 * 32));
    });
    expect(tables[0]).toEqual(tables[1]);
    expect(tables[0]!.every(isRight)).toBe(true);
    base.dispose();
  });

  it("keeps tables of 16 bits in 16 bits", async () => {
    for (const basePrecision of ["as-stored", "bf16"] as const) {
      const base = await load("fp16-base", { basePrecision });
      const model = base.withVocabulary(104);
      const [table, longer] = [base, model].map((one) => one.sites()[0] as { readonly weightBytes?: number });
      expect((longer?.weightBytes ?? 0) / (table?.weightBytes ?? 1)).toBeCloseTo(1.04);
      expectClose(logits(model).subarray(0, 100), logits(base).subarray(0, 100), 0);
      for (const one of [base, model]) one.dispose();
    }
  });

  it("refuses sizes that no vocabulary has, and models without one", async () => {
    const [base, pictures] = [await load("opt"), await load("vit")];
    for (const size of [0, -1, 2.5, Number.NaN, 2 ** 25])
      expect(() => base.withVocabulary(size)).toThrow(expect.objectContaining({ code: "VOCABULARY" }));
    expect(() => base.withVocabulary(1)).toThrow(/padding token/);
    expect(() => pictures.withVocabulary(5)).toThrow(/has no token embedding/);
    for (const one of [base, pictures]) one.dispose();
  });

  it("refuses a model with an attached adapter or a merge, and leaves it as it was", async () => {
    const base = await load("llama-gqa-tied");
    const head = base.sites().find(({ path }) => path === "lm_head")!;
    const undo = head.replaceWeight(tf.mul(head.readWeight(), 2));
    expect(() => base.withVocabulary(101)).toThrow(expect.objectContaining({ code: "VOCABULARY" }));
    undo();
    const detach = head.attach("a", { variables: [], apply: ({ output }) => tf.clone(output) });
    const norm = base.parameters().find(({ path }) => path === "model.norm.weight")!;
    expect(() => base.withVocabulary(101)).toThrow(/resize first/);
    detach();
    const close = norm.override("a", (value) => tf.mul(value, 2));
    expect(() => base.withVocabulary(101)).toThrow(/resize first/);
    close();
    const model = base.withVocabulary(101);
    expect(() => logits(model, [1], inferenceContext(activeAdapters("a")))).toThrow(
      expect.objectContaining({ code: "UNKNOWN_ADAPTER" }),
    );
    for (const one of [base, model]) one.dispose();
  });

  it("goes together with repeated layers, in either order", async () => {
    const base = await load("llama-gqa");
    const [one, other] = [base.withLayers([0, 1, 1]), base.withVocabulary(105)];
    const models = [one.withVocabulary(105), other.withLayers([0, 1, 1])] as const;
    expect(logits(models[0])).toEqual(logits(models[1]));
    expect(models.map(({ layerOrder, resizedFrom }) => [layerOrder, resizedFrom])).toEqual([
      [[0, 1, 1], vocabulary],
      [[0, 1, 1], vocabulary],
    ]);
    for (const each of [base, one, other, ...models]) each.dispose();
  });
});
