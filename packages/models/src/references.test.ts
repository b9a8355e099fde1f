// Heads, rotations and generation against transformers 5.24.0; fixtures/make_references.py made the numbers.

import "@lowrank/engine/gradients";
import "@tensorflow/tfjs-backend-cpu";
import { readdirSync, readFileSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { expectClose } from "@lowrank/testing";
import * as tf from "@tensorflow/tfjs-core";
import { describe, expect, it } from "vitest";
import { generate } from "./generation/generate.ts";
import { loadModel } from "./loading/load-model.ts";
import { openFolder } from "./node.ts";

interface Reference {
  readonly inputs: {
    readonly input_ids?: number[][] | number[][][];
    readonly decoder_input_ids?: number[][];
    readonly pixel_values?: number[][][][];
    readonly input_features?: number[][][];
    readonly attention_mask?: number[][] | number[][][];
    readonly token_type_ids?: number[][] | number[][][];
    readonly labels?: number[] | number[][];
  };
  readonly logits?: number[][][];
  readonly last_hidden_state?: number[][][];
  readonly loss?: number;
  readonly prompts?: number[][];
  readonly generated?: number[][];
}

function reference(name: string) {
  const folder = fileURLToPath(new URL(`../fixtures/${name}`, import.meta.url));
  const expected: Reference = JSON.parse(readFileSync(`${folder}/expected.json`, "utf8"));
  return { folder: openFolder(folder), expected };
}

function tensors({ inputs }: Reference) {
  // Each row of a multiple choice has several inputs.
  const grid = (rows: number[][] | number[][][]) => tf.tensor(rows, undefined, "int32") as tf.Tensor2D | tf.Tensor3D;
  return {
    ...(inputs.input_ids === undefined ? {} : { inputIds: grid(inputs.input_ids) }),
    ...(inputs.decoder_input_ids === undefined
      ? {}
      : { decoderInputIds: tf.tensor2d(inputs.decoder_input_ids, undefined, "int32") }),
    ...(inputs.pixel_values === undefined ? {} : { pixelValues: tf.tensor4d(inputs.pixel_values) }),
    ...(inputs.input_features === undefined ? {} : { inputFeatures: tf.tensor3d(inputs.input_features) }),
    ...(inputs.attention_mask === undefined ? {} : { attentionMask: grid(inputs.attention_mask) }),
    ...(inputs.token_type_ids === undefined ? {} : { tokenTypeIds: grid(inputs.token_type_ids) }),
  };
}

const cases = readdirSync(new URL("../fixtures", import.meta.url), { withFileTypes: true }).flatMap((entry) =>
  entry.isDirectory() ? [entry.name] : [],
);

describe.each(cases)("%s", (name) => {
  it("equals transformers' output", async () => {
    const { folder, expected } = reference(name);
    const before = tf.memory().numTensors;
    const model = await loadModel(folder);
    const inputs = tensors(expected);
    const isWhole = expected.inputs.labels?.flat().every(Number.isInteger);
    const labels = tf.tensor(expected.inputs.labels ?? [], undefined, isWhole ? "int32" : "float32");
    // An encoder–decoder reads its labels, one place later.
    const output = model.forward(model.task === "sequence-to-sequence" ? { ...inputs, labels } : inputs);
    const wanted = tf.tensor(expected.logits ?? expected.last_hidden_state ?? []);
    expect(output.shape).toEqual(wanted.shape);
    // Values at padded positions have no meaning; classifiers have no positions.
    const mask = expected.inputs.attention_mask ?? [];
    const shown = mask.flat(2);
    const hasPositions = output.shape[1] === mask[0]?.length && model.task !== "multiple-choice";
    const perPosition = output.size / shown.length;
    const counts = (_: number, index: number) => !hasPositions || shown[Math.floor(index / perPosition)] === 1;
    // 48 positions of rotations and two layers with weights of size 1: values reach 30.
    const actual = Float32Array.from(await output.data()).filter(counts);
    expectClose(actual, Float32Array.from(await wanted.data()).filter(counts), 1e-4, name);
    if (expected.loss !== undefined && expected.inputs.labels !== undefined) {
      const loss = model.loss({ ...inputs, labels });
      expectClose(await loss.data(), [expected.loss], 1e-5, "loss");
      loss.dispose();
    }
    tf.dispose([output, wanted, labels, ...Object.values(inputs)]);
    model.dispose();
    expect(tf.memory().numTensors).toBe(before);
  });
});

const texts = cases.filter((name) => reference(name).expected.prompts !== undefined);

describe.each(texts)("generation with %s", (name) => {
  it("continues a left-padded batch like transformers continues each prompt alone", async () => {
    const { folder, expected } = reference(name);
    const model = await loadModel(folder);
    const sounds = expected.inputs.input_features;
    const featuresOf = (rows: readonly number[]) =>
      sounds === undefined ? {} : { inputFeatures: tf.tensor3d(rows.map((row) => sounds[row] ?? [])) };
    const prompts = expected.prompts ?? [];
    const rows = [...prompts.keys()];
    for (const batch of [rows, [0]]) {
      const promptIds = batch.map((row) => prompts[row] ?? []);
      const inputs = featuresOf(batch);
      const texts = await generate(model, { promptIds, ...inputs, maxNewTokens: 12 });
      expect(texts).toEqual(batch.map((row) => expected.generated?.[row]));
      tf.dispose(Object.values(inputs));
    }
    model.dispose();
  });
});
