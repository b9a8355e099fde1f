// Compares llama.cpp's numbers with ours: the probabilities of the next token.

import { spawnSync } from "node:child_process";
import { existsSync, readdirSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { createLoraConfig } from "@lowrank/adapter-format";
import { activeAdapters, inferenceContext, noAdapters } from "@lowrank/contracts";
import { type AdapterHandle, injectAdapter, planInjection } from "@lowrank/inject";
import type { PretrainedModel } from "@lowrank/models";
import { cacheFolder } from "@lowrank/testing/cache-folder";
import * as tf from "@tensorflow/tfjs-core";

/** Where scripts/setup-node-llama-cpp.sh puts it. */
export const llamaCppFolder: string = join(cacheFolder, "node-llama-cpp");
export const isThere: boolean = existsSync(join(llamaCppFolder, "complete"));

/** Tiny models of each architecture that has a next token, which BERT and its kin have not. */
export const fixtures: string = fileURLToPath(new URL("../../../packages/models/test/fixtures/gguf/", import.meta.url));
export const fixtureNames: readonly string[] = readdirSync(fixtures).filter(
  (name) => name.endsWith(".gguf") && !name.includes("bert"),
);

/** What one of them reads: llama.cpp takes no notice of how far back Phi 3 looks, which is 4 tokens here. */
export function idsOf(name: string): readonly number[] {
  return [3, 14, 15, 30, 35, 2, 7].slice(0, name === "phi3.gguf" ? 4 : 7);
}

/**
 * The largest difference of a probability: llama.cpp has GELU as a table of 16-bit numbers. EXAONE 4 has windows only in models of 64
 * layers, whose rounding adds up to 0.005; without its windows, or with them in other layers, it would be 0.02 or more.
 */
export function toleranceOf(name: string): number {
  return name === "exaone4-windows.gguf" ? 1e-2 : 3e-3;
}

export interface NextTokenRequest {
  readonly model: string;
  readonly lora: string | null;
  readonly scale: number;
  readonly ids: readonly number[];
}

/** Probabilities of the next token, by its id, one map for each request. */
export function llamaCpp(requests: readonly NextTokenRequest[]): readonly ReadonlyMap<number, number>[] {
  return (answers("next-token.mjs", requests) as [number, number][][]).map((list) => new Map(list)); // what the program writes
}

/** A text by its tokens: pooled as the model's file defines, not normalized. */
export interface Embedded {
  readonly ids: readonly number[];
  readonly embedding: readonly number[];
}

/** Embeddings of texts, or of tokens that begin and end as the file's tokenizer frames them: a list for each model. */
export function llamaCppEmbeddings(
  requests: readonly { readonly model: string; readonly inputs: readonly (string | readonly number[])[] }[],
): readonly (readonly Embedded[])[] {
  return answers("embeddings.mjs", requests) as Embedded[][]; // what the program writes
}

/** Ids of texts without special tokens around them, for each model. */
export function llamaCppIds(
  requests: readonly { readonly model: string; readonly texts: readonly string[] }[],
): readonly (readonly (readonly number[])[])[] {
  return answers("tokenize.mjs", requests) as number[][][]; // what the program writes
}

/** The output of one of the programs in this folder, run where node-llama-cpp is installed. */
function answers(name: string, requests: unknown): unknown {
  const program = fileURLToPath(new URL(name, import.meta.url));
  const { stdout, stderr, status } = spawnSync(process.execPath, [program], {
    cwd: llamaCppFolder,
    input: JSON.stringify(requests),
    encoding: "utf8",
    maxBuffer: 1e9,
  });
  if (status !== 0) throw new Error(`llama.cpp: ${stderr}`);
  return JSON.parse(stdout.trim().split("\n").at(-1) ?? "");
}

/** The same by us. */
export function ours(model: PretrainedModel, ids: readonly number[], handle?: AdapterHandle): Float32Array {
  return tf.tidy(() => {
    const adapters = handle === undefined ? noAdapters : activeAdapters(handle.name);
    const logits = model.forward({ inputIds: tf.tensor2d([[...ids]], undefined, "int32") }, inferenceContext(adapters));
    return Float32Array.from(tf.softmax(tf.squeeze(tf.slice(logits, [0, ids.length - 1, 0]), [0, 1])).dataSync());
  });
}

/** The states of a text, pooled: the mean, or the first. */
export function ourEmbedding(model: PretrainedModel, ids: readonly number[], pooling: "mean" | "first"): Float32Array {
  return tf.tidy(() => {
    const states = model.forward({ inputIds: tf.tensor2d([[...ids]], undefined, "int32") });
    const pooled = pooling === "mean" ? tf.mean(states, 1) : tf.slice(states, [0, 0, 0], [1, 1, -1]);
    return Float32Array.from(pooled.dataSync());
  });
}

/** The cosine of the angle between two embeddings. */
export function cosine(one: ArrayLike<number>, other: ArrayLike<number>): number {
  const product = (a: ArrayLike<number>, b: ArrayLike<number>) =>
    Array.from(a).reduce((sum, value, index) => sum + value * (b[index] ?? Number.NaN), 0);
  return product(one, other) / Math.sqrt(product(one, one) * product(other, other));
}

/** Raw parameters of a mixture of experts, and its router; none of other models. */
export function expertParameters({ config }: PretrainedModel): readonly string[] {
  return config.experts === 0 ? [] : ["mlp.experts.gate_up_proj", "mlp.experts.down_proj", "mlp.gate.weight"];
}

/** An adapter with a B that is not 0, of α unlike the rank. */
export function someAdapter(model: PretrainedModel, size: number, parameters: readonly string[] = []): AdapterHandle {
  const config = createLoraConfig({
    rank: 4,
    alpha: 6,
    targetModules: "all-linear",
    taskType: model.task === "feature-extraction" ? "FEATURE_EXTRACTION" : "CAUSAL_LM",
    rankPattern: new Map([["down_proj|c_proj|dense_4h_to_h|fc2", 3]]),
    rankStabilized: true,
    ...(parameters.length > 0 && { targetParameters: parameters }),
  });
  const handle = injectAdapter(model, planInjection(model, config), { seed: 1 });
  for (const [index, variable] of [...handle.variables.values()].entries()) {
    const drawn = tf.randomNormal(variable.shape, 0, size, "float32", index + 1);
    variable.assign(drawn);
    drawn.dispose();
  }
  return handle;
}

export function largestDifference(theirs: ReadonlyMap<number, number>, own: Float32Array): number {
  return Math.max(...Array.from(own, (value, id) => Math.abs(value - (theirs.get(id) ?? 0))));
}
