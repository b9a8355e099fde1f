// Every kind of adapter, each on a model that has what it needs.

import type { LoraConfig } from "@lowrank/adapter-format";
import type { AdapterHandle } from "@lowrank/inject";
import * as tf from "@tensorflow/tfjs-core";
import { newAdapter } from "./adapters.ts";
import type { Subject } from "./subjects.ts";

/** One kind of adapter. */
export interface Variant {
  readonly name: string;
  readonly subject: Subject["name"];
  readonly config: Partial<LoraConfig>;
  /** Whether it changes a table that another module shares, and only for itself. */
  readonly isTied?: boolean;
  /** Whether it acts on some tokens alone, so that no weight does the same. */
  readonly isNotMerged?: boolean;
}

const some = { targetModules: ["q_proj", "down_proj"] };
const pictures = { targetModules: ["first", "along"], rank: 2 };

/** All of them. */
export const variants: readonly Variant[] = [
  { name: "linear maps", subject: "llama-gqa", config: { ...some, rankStabilized: true } },
  { name: "GPT-2's Conv1D", subject: "gpt2", config: { targetModules: ["c_attn"], fanInFanOut: true } },
  { name: "an embedding", subject: "llama-gqa", config: { targetModules: ["embed_tokens"] } },
  { name: "an untied output head", subject: "llama-gqa", config: { targetModules: ["lm_head"] } },
  { name: "a table that is shared", subject: "gpt2", config: { targetModules: ["wte"] }, isTied: true },
  { name: "biases of the base", subject: "bert-seqcls", config: { targetModules: ["query"], bias: "all" } },
  {
    name: "a classifier trained whole",
    subject: "bert-seqcls",
    config: { targetModules: ["query"], modulesToSave: ["classifier"] },
  },
  { name: "DoRA on linear maps", subject: "llama-gqa", config: { ...some, useDora: true } },
  {
    name: "DoRA on layers with biases",
    subject: "bert-seqcls",
    config: { targetModules: ["query"], useDora: true, rankStabilized: true },
  },
  { name: "DoRA on Conv1D", subject: "gpt2", config: { useDora: true, targetModules: ["c_attn", "c_fc"] } },
  { name: "DoRA on an embedding", subject: "llama-gqa", config: { useDora: true, targetModules: ["embed_tokens"] } },
  { name: "a bias on B", subject: "gpt2", config: { loraBias: true, targetModules: ["c_attn"] } },
  { name: "convolutions", subject: "pictures", config: pictures },
  { name: "DoRA on convolutions", subject: "pictures", config: { ...pictures, useDora: true } },
  { name: "experts", subject: "pictures", config: { targetModules: [], targetParameters: ["experts.weight"] } },
  {
    name: "single tokens",
    subject: "llama-gqa",
    config: { targetModules: ["q_proj"], trainableTokenIndices: [4, 9] },
  },
  {
    name: "single tokens that the head shares",
    subject: "gpt2",
    config: { targetModules: ["c_attn"], trainableTokenIndices: [4, 9] },
  },
  {
    name: "a head trained whole with the table that it shares",
    subject: "gpt2",
    config: { targetModules: ["c_attn"], modulesToSave: ["lm_head"], ensureWeightTying: true },
  },
  {
    name: "a pair that a table and its head share",
    subject: "gpt2",
    config: { targetModules: ["c_attn", "lm_head"], ensureWeightTying: true },
  },
  {
    name: "DoRA on a table and its head",
    subject: "gpt2",
    config: { targetModules: ["lm_head"], ensureWeightTying: true, useDora: true },
    isTied: true,
  },
  { name: "PiSSA", subject: "llama-gqa", config: { ...some, init: "pissa" } },
  { name: "OLoRA", subject: "bert-seqcls", config: { init: "olora", targetModules: ["query"] } },
  { name: "PiSSA with DoRA", subject: "llama-gqa", config: { ...some, init: "pissa", useDora: true } },
  {
    name: "LoftQ",
    subject: "llama-gqa",
    config: { ...some, init: "loftq", loftqConfig: { loftq_bits: 4, loftq_iter: 2 } },
  },
  { name: "an orthogonal start", subject: "llama-gqa", config: { ...some, init: "orthogonal" } },
  {
    name: "diagonals of blocks",
    subject: "llama-gqa",
    config: { ...some, blockDiagonal: { target_modules_bd_a: ["down"], target_modules_bd_b: ["q_proj"], nblocks: 2 } },
  },
  { name: "means of groups of inputs", subject: "llama-gqa", config: { ...some, useQalora: true, qaloraGroupSize: 8 } },
  { name: "KaSA", subject: "llama-gqa", config: { ...some, kasaConfig: {} } },
  {
    name: "a place in the text from which on it acts",
    subject: "llama-gqa",
    config: { ...some, activationTokens: [9, 2], taskType: "CAUSAL_LM" },
    isNotMerged: true,
  },
  { name: "MiCA", subject: "llama-gqa", config: { ...some, init: "mica" } },
];

/**
 * Those that begin on the base as it is. LoftQ rounds it, and its pair brings back a part; KaSA takes directions out of it:
 * parity holds both to PEFT.
 */
export const unroundedVariants = variants.filter(
  ({ config }) => config.init !== "loftq" && config.kasaConfig === undefined,
);

/** Those that a weight can take up. */
export const mergedVariants = variants.filter(({ isNotMerged = false }) => !isNotMerged);

/** A new adapter of a kind. */
export function fresh(subject: Subject, { config }: Variant, options: Parameters<typeof newAdapter>[2] = {}) {
  return newAdapter(subject, { rank: 2, alpha: 3, ...config }, options);
}

/** An adapter of a kind, moved away from its start in everything that is trained. */
export function moved(
  subject: Subject,
  variant: Variant,
  options: Parameters<typeof newAdapter>[2] = {},
): AdapterHandle {
  const handle = fresh(subject, variant, options);
  for (const variable of handle.variables.values())
    tf.tidy(() => {
      const waves = Array.from({ length: variable.size }, (_, index) => 0.2 * Math.sin(3 * index + 1));
      variable.assign(tf.add(variable, tf.tensor(waves, variable.shape)));
    });
  return handle;
}

/** What an adapter has, but does not train: MiCA's B. */
export function frozenIn({ sites, variables }: AdapterHandle): readonly Float32Array[] {
  const trained = new Set<unknown>(variables.values());
  return sites
    .flatMap(({ lora: { a, b } }) => [a, b])
    .filter((matrix) => !trained.has(matrix))
    .map((matrix) => Float32Array.from(matrix.dataSync()));
}
