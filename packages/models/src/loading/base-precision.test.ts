import "@tensorflow/tfjs-backend-cpu";
import { readFile } from "node:fs/promises";
import { join } from "node:path";
import { normalFloat4Levels } from "@lowrank/engine/internal";
import { float32Tensor, serializeSafetensors } from "@lowrank/safetensors";
import { parseSafetensors } from "@lowrank/safetensors/internal";
import { expectClose, fixturesRoot } from "@lowrank/testing";
import * as tf from "@tensorflow/tfjs-core";
import { describe, expect, it } from "vitest";
import { describeModel } from "../describe-model.ts";
import { filesFolder } from "../folder/files-folder.ts";
import type { PretrainedModel } from "../pretrained-model.ts";
import type { BasePrecision } from "./base-precision.ts";
import { loadModel } from "./load-model.ts";

const baseOf = (name: string) => join(fixturesRoot, name, "base");

async function folderOf(name: string, change: (key: string, values: Float32Array) => Float32Array) {
  const file = parseSafetensors(await readFile(join(baseOf(name), "model.safetensors")));
  const tensors = [...file.tensors].map(([key, { shape }]): [string, ReturnType<typeof float32Tensor>] => {
    return [key, float32Tensor(shape, shape.length === 2 ? change(key, file.float32(key)) : file.float32(key))];
  });
  const contents = serializeSafetensors(new Map(tensors));
  const config = await readFile(join(baseOf(name), "config.json"));
  return filesFolder(
    name,
    new Map<string, Uint8Array>([
      ["config.json", config],
      ["model.safetensors", contents],
    ]),
  );
}

async function load(name: string, basePrecision?: BasePrecision): Promise<PretrainedModel> {
  const files = new Map<string, Uint8Array>();
  for (const file of ["config.json", "model.safetensors"]) files.set(file, await readFile(join(baseOf(name), file)));
  return loadModel(filesFolder(name, files), basePrecision === undefined ? {} : { basePrecision });
}

async function logitsOf(model: PretrainedModel): Promise<Float32Array> {
  const logits = tf.tidy(() => model.forward({ inputIds: tf.tensor2d([[3, 14, 15, 92, 65, 35]], [1, 6], "int32") }));
  const values = Float32Array.from(await logits.data());
  logits.dispose();
  return values;
}

/** Written once more, without the packed layout: rows in blocks of 64, the last one shorter. */
function rounded(values: Float32Array, columns: number): Float32Array {
  const result = new Float32Array(values.length);
  for (let row = 0; row < values.length; row += columns)
    for (let first = row; first < row + columns; first += 64) {
      const block = values.subarray(first, Math.min(first + 64, row + columns));
      const largest = block.reduce((max, value) => Math.max(max, Math.abs(value)), 0);
      const nearest = (value: number) =>
        normalFloat4Levels.reduce((best, level) => (Math.abs(level - value) < Math.abs(best - value) ? level : best));
      result.set(
        block.map((value) => nearest(value / largest) * largest),
        first,
      );
    }
  return result;
}

/** Each output's weights to the nearest of 255 steps between its largest magnitude and its negative. */
function roundedByOutput(values: Float32Array, outputOf: (index: number) => number, outputs: number): Float32Array {
  const largest = new Float64Array(outputs);
  values.forEach((value, index) => {
    largest[outputOf(index)] = Math.max(largest[outputOf(index)] ?? 0, Math.abs(value));
  });
  return values.map((value, index) => {
    const step = (largest[outputOf(index)] ?? 0) / 127;
    return step === 0 ? 0 : Math.round(value / step) * step;
  });
}

/** By arithmetic, not by bits: the nearest number with 8 significant binary digits, the even one halfway. */
function roundedTo8Bits(value: number): number {
  if (value === 0) return 0;
  const unit = 2 ** (Math.floor(Math.log2(Math.abs(value))) - 7);
  const below = Math.floor(value / unit);
  const rest = value / unit - below;
  const isUp = rest === 0.5 ? below % 2 !== 0 : rest > 0.5;
  return (isUp ? below + 1 : below) * unit;
}

describe("basePrecision", () => {
  it.each(["bf16-base", "fp16-base"])("as-stored: %s computes the same in half the memory", async (name) => {
    const before = tf.memory().numTensors;
    const [float, packed] = [await load(name), await load(name, "as-stored")];
    const logits = await logitsOf(float);
    expectClose(await logitsOf(packed), logits, 1e-5);
    expect(packed.fingerprint).toBe(float.fingerprint);
    const [whole, half] = [describeModel(float), describeModel(packed)];
    expect(half.parameters).toBe(whole.parameters);
    expect(whole.bytes).toBe(4 * whole.parameters);
    expect(half.bytes / whole.bytes).toBeGreaterThan(0.5);
    expect(half.bytes / whole.bytes).toBeLessThan(0.53); // norms and biases stay float32
    float.dispose();
    packed.dispose();
    expect(tf.memory().numTensors).toBe(before);
  });

  it("as-stored leaves F32 as it is", async () => {
    const model = await load("llama-gqa", "as-stored");
    const { bytes, parameters } = describeModel(model);
    expect(bytes).toBe(4 * parameters);
    model.dispose();
  });

  it.each(["llama-gqa", "llama-gqa-tied", "gpt2"])(
    "nf4: %s computes with rounded layers; table and head are not",
    async (name) => {
      const before = tf.memory().numTensors;
      const widths = new Map<string, number>();
      const original = await load(name);
      const columnsOf = ({ path, shape, transposedInFile }: ReturnType<PretrainedModel["parameters"]>[number]) =>
        [path, shape[transposedInFile ? 0 : 1] ?? 1] as const;
      for (const parameter of original.parameters()) widths.set(...columnsOf(parameter));
      const isBody = (key: string) => /(proj|c_attn|c_fc)\.weight$/.test(key);
      const folder = await folderOf(name, (key, values) =>
        isBody(key) ? rounded(values, widths.get(key) ?? 1) : values,
      );
      const expected = await loadModel(folder);
      const packed = await load(name, "nf4");
      expectClose(await logitsOf(packed), await logitsOf(expected), 1e-5);
      expect(packed.fingerprint).toBe(original.fingerprint);
      for (const site of packed.sites()) {
        const numbers = site.inFeatures * site.outFeatures;
        const bytes = "weightBytes" in site ? site.weightBytes : undefined;
        if (isBody(`${site.path}.weight`))
          expect(bytes).toBeLessThan(0.63 * numbers); // blocks of 32: rows are short
        else expect(bytes).toBe(4 * numbers);
      }
      for (const model of [original, expected, packed]) model.dispose();
      expect(tf.memory().numTensors).toBe(before);
    },
  );

  it("nf4 rounds weights that are stored in 16 bits, and keeps its tables in 16 bits", async () => {
    const packed = await load("bf16-base", "nf4");
    const bits = packed.sites().map((site) => ({
      kind: site.role,
      bits: (8 * Number("weightBytes" in site ? site.weightBytes : 0)) / (site.inFeatures * site.outFeatures),
    }));
    expect(bits.filter(({ kind }) => kind === "body").every(({ bits }) => bits <= 5)).toBe(true);
    expect(bits.filter(({ kind }) => kind !== "body").every(({ bits }) => bits === 16)).toBe(true);
    packed.dispose();
  });

  it("bf16 computes with matrices rounded to 8 bits, and norms as they are", async () => {
    const expected = await loadModel(await folderOf("llama-gqa", (_, values) => values.map(roundedTo8Bits)));
    const packed = await load("llama-gqa", "bf16");
    expectClose(await logitsOf(packed), await logitsOf(expected), 1e-5);
    const { bytes, parameters } = describeModel(packed);
    expect(bytes / (4 * parameters)).toBeLessThan(0.53);
    expected.dispose();
    packed.dispose();
  });

  it.each(["llama-gqa", "gpt2"])("int8: %s computes with layers rounded output by output", async (name) => {
    const before = tf.memory().numTensors;
    const original = await load(name);
    const shapes = new Map(original.parameters().map((each) => [each.path, each] as const));
    const isBody = (key: string) => /(proj|c_attn|c_fc)\.weight$/.test(key);
    const folder = await folderOf(name, (key, values) => {
      const { shape, transposedInFile } = shapes.get(key) ?? { shape: [], transposedInFile: true };
      const [inFeatures = 1, outFeatures = 1] = shape;
      if (!isBody(key)) return values;
      const outputOf = (index: number) => (transposedInFile ? Math.floor(index / inFeatures) : index % outFeatures);
      return roundedByOutput(values, outputOf, outFeatures);
    });
    const expected = await loadModel(folder);
    const packed = await load(name, "int8");
    expectClose(await logitsOf(packed), await logitsOf(expected), 1e-5);
    expect(packed.fingerprint).toBe(original.fingerprint);
    for (const model of [original, expected, packed]) model.dispose();
    expect(tf.memory().numTensors).toBe(before);
  });

  it("int8 leaves a matrix with a NaN in float32, and names it next to the engine that has no 8-bit matrix products", async () => {
    const name = "model.layers.0.self_attn.q_proj.weight";
    const folder = await folderOf("llama-gqa", (key, values) =>
      key === name ? values.map((value, index) => (index === 5 ? Number.NaN : value)) : values,
    );
    const warnings: string[] = [];
    const model = await loadModel(folder, {
      basePrecision: "int8",
      onWarning: ({ code, message }) => warnings.push(`${code} ${message}`),
    });
    expect(warnings).toEqual([
      expect.stringMatching(/^INT8_IN_FLOAT32 .*"cpu"/),
      expect.stringMatching(new RegExp(`^WEIGHT_NOT_FINITE .*${name}`)),
    ]);
    const site = model.sites().find(({ path }) => `${path}.weight` === name);
    expect(site !== undefined && "weightBytes" in site ? site.weightBytes : 0).toBe(4 * 32 * 32);
    model.dispose();
  });

  it("frees everything when loading is aborted", async () => {
    const before = tf.memory().numTensors;
    const controller = new AbortController();
    const onProgress = ({ done }: { readonly done: number }) => done > 3 && controller.abort();
    const folder = await folderOf("llama-gqa", (_, values) => values);
    await expect(loadModel(folder, { basePrecision: "nf4", signal: controller.signal, onProgress })).rejects.toThrow();
    expect(tf.memory().numTensors).toBe(before);
  });
});
