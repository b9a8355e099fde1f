// Trains one variant a few steps through the public API and writes what PEFT and transformers are to load.

import { mkdir, writeFile } from "node:fs/promises";
import { createRequire } from "node:module";
import { dirname, join } from "node:path";
import { createLoraConfig, layerOrderOf } from "@lowrank/adapter-format";
import { writeAdapterFolder } from "@lowrank/adapter-format/node";
import { activeAdapters, inferenceContext } from "@lowrank/contracts";
import { injectAdapter, planInjection } from "@lowrank/inject";
import { mergeAdapter } from "@lowrank/merge";
import { writeModelFolder } from "@lowrank/merge/node";
import { loadModel, type PretrainedModel } from "@lowrank/models";
import { openFolder } from "@lowrank/models/node";
import { float32Tensor, serializeSafetensors, type TensorData } from "@lowrank/safetensors";
import { fixturesRoot, readFixture } from "@lowrank/testing";
import { train } from "@lowrank/trainer";
import * as tf from "@tensorflow/tfjs-core";
import type { Variant } from "./variants.ts";

/** One thing for Python to check; see scripts/python/check_in_peft.py. */
export interface PythonCase {
  readonly name: string;
  readonly kind: "adapter" | "merged";
  readonly base: string;
  readonly folder: string;
  readonly expected: string;
  /** Tokens that `base` is to have before the adapter is loaded, where it has others. */
  readonly vocabulary?: number;
}

interface Rows {
  readonly inputIds: number[][];
  readonly attentionMask: number[][];
  readonly labels: number[][] | number[];
}

const steps = 5;

/** Writes adapter, merged model and expected logits under `folder`. */
export async function writeVariant(variant: Variant, folder: string): Promise<readonly PythonCase[]> {
  const base = baseFolder(variant.base);
  const loaded = await loadWith(base, variant.addedTokens);
  const rows = withAddedTokens(await rowsOf(variant.base), loaded, variant.addedTokens ?? 0);
  const config = createLoraConfig(variant.config);
  const order = layerOrderOf(config);
  const model = order === null ? loaded : loaded.withLayers(order);
  const plan = planInjection(model, config);
  const handle = injectAdapter(model, plan, { seed: 7, baseFingerprint: model.fingerprint });
  const context = inferenceContext(activeAdapters(handle.name));
  const events = train<Rows>({
    variables: handle.variables,
    loss: (batch, random) => tf.tidy(() => model.loss(tensorsOf(batch), { ...context, training: true, random })),
    batches: () => [rows],
    batchSize: () => ({ tokens: 1, supervised: 1 }),
    steps,
    learningRate: 0.02,
    schedule: "constant",
    seed: 7,
  });
  for await (const _ of events);

  await mkdir(folder, { recursive: true });
  const adapter = join(folder, "adapter");
  await writeAdapterFolder(adapter, await handle.toAdapter());
  await writeExpected(join(folder, "adapter.safetensors"), rows, logitsOf(model, rows, context));
  await mergeAdapter(model, handle);
  // F32 whatever the base is stored as: rounding to BF16 would hide a difference behind its own.
  await writeModelFolder(join(folder, "merged"), { model, sourceFolder: base, dtype: "F32" });
  await writeExpected(join(folder, "merged.safetensors"), rows, logitsOf(model, rows, inferenceContext()));
  handle.dispose();
  model.dispose();
  loaded.dispose();
  const { resizedFrom, config: sizes } = loaded;
  const vocabulary = resizedFrom === undefined ? {} : { vocabulary: sizes.vocabularySize };
  return [
    {
      name: variant.name,
      kind: "adapter",
      base,
      folder: adapter,
      expected: join(folder, "adapter.safetensors"),
      ...vocabulary,
    },
    {
      name: variant.name,
      kind: "merged",
      base,
      folder: join(folder, "merged"),
      expected: join(folder, "merged.safetensors"),
    },
  ];
}

async function loadWith(base: string, addedTokens: number | undefined): Promise<PretrainedModel> {
  const loaded = await loadModel(openFolder(base));
  if (addedTokens === undefined) return loaded;
  try {
    return loaded.withVocabulary(loaded.config.vocabularySize + addedTokens);
  } finally {
    loaded.dispose();
  }
}

/** The rows with the last tokens of the vocabulary in some places, if it has new ones. */
function withAddedTokens(rows: Rows, { config }: PretrainedModel, added: number): Rows {
  if (added <= 0) return rows;
  const replaced = (grid: number[][]) =>
    grid.map((row) => row.map((id, place) => (id >= 0 && place < added ? config.vocabularySize - 1 - place : id)));
  const { inputIds, labels } = rows;
  return {
    ...rows,
    inputIds: replaced(inputIds),
    labels: labels.every(Array.isArray) ? replaced(labels as number[][]) : labels,
  };
}

function baseFolder(base: string): string {
  if (base !== "tiny-model") return join(fixturesRoot, base, "base");
  return join(dirname(createRequire(import.meta.url).resolve("@lowrank/tiny-model/package.json")), "model");
}

async function rowsOf(base: string): Promise<Rows> {
  if (base === "tiny-model") {
    const inputIds = [
      [40, 310, 77, 9, 1200, 64, 7, 3000],
      [55, 12, 900, 31, 8, 8, 700, 41],
    ];
    return { inputIds, attentionMask: inputIds.map((row) => row.map(() => 1)), labels: inputIds };
  }
  const { inputs } = (await readFixture(base)).expected as {
    inputs: { input_ids: number[][]; attention_mask: number[][]; labels: number[][] | number[] };
  };
  return { inputIds: inputs.input_ids, attentionMask: inputs.attention_mask, labels: inputs.labels };
}

function tensorsOf({ inputIds, attentionMask, labels }: Rows) {
  return {
    inputIds: tf.tensor2d(inputIds, undefined, "int32"),
    attentionMask: tf.tensor2d(attentionMask, undefined, "int32"),
    labels: tf.tensor(labels, undefined, "int32"),
  };
}

function logitsOf(model: PretrainedModel, rows: Rows, context: ReturnType<typeof inferenceContext>) {
  const logits = tf.tidy(() => model.forward(tensorsOf(rows), context));
  const result = { shape: logits.shape, values: logits.dataSync() as Float32Array };
  logits.dispose();
  return result;
}

async function writeExpected(
  path: string,
  rows: Rows,
  logits: { shape: number[]; values: Float32Array },
): Promise<void> {
  const integers = (grid: number[][]): TensorData => ({
    dtype: "I32",
    shape: [grid.length, grid[0]?.length ?? 0],
    data: new Uint8Array(Int32Array.from(grid.flat()).buffer),
  });
  const tensors = new Map([
    ["input_ids", integers(rows.inputIds)],
    ["attention_mask", integers(rows.attentionMask)],
    ["logits", float32Tensor(logits.shape, logits.values)],
  ]);
  await writeFile(path, serializeSafetensors(tensors));
}
