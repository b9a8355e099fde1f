// GGUF's metadata as a config.json. Whatever changes the computation is passed on or refused: llama.cpp reads many keys for
// every architecture, and a file that sets one of them computes something else without it.

import { describeValue } from "@lowrank/contracts";
import { type ConfigProblem, InvalidConfigError } from "../errors.ts";
import { familyOf } from "../families.ts";
import { ggufTableOf } from "./gguf-tables.ts";

type Metadata = ReadonlyMap<string, unknown>;
type Entry = readonly [key: string, value: unknown];

/** A key behind "<architecture>.", refused unless its value changes nothing: 0 is how llama.cpp says "not set". */
interface RefusedKey {
  readonly key: string;
  /** Another value that changes nothing. */
  readonly neutral?: unknown;
  readonly effect: string;
}

const refusedKeys: readonly RefusedKey[] = [
  { key: "attention.causal", neutral: true, effect: "positions see later ones" },
  { key: "attention.clamp_kqv", effect: "queries, keys and values are clipped" },
  { key: "attention.max_alibi_bias", effect: "a bias on attention replaces positions" },
  { key: "attention.scale", effect: "attention is scaled otherwise" },
  { key: "attention.sliding_window", effect: "attention sees only nearby positions" },
  { key: "attention.temperature_scale", effect: "attention is scaled by position" },
  { key: "attn_logit_softcapping", effect: "attention scores are squashed" },
  { key: "embedding_scale", neutral: 1, effect: "embeddings are scaled" },
  { key: "expert_count", effect: "the feed-forward is a mixture of experts" },
  { key: "final_logit_softcapping", effect: "logits are squashed" },
  { key: "logit_scale", neutral: 1, effect: "logits are scaled" },
  { key: "residual_scale", neutral: 1, effect: "each layer's output is scaled" },
  { key: "rope.dimension_sections", effect: "features rotate by several positions" },
  { key: "rope.scaling.attn_factor", neutral: 1, effect: "attention is scaled" },
  { key: "rope.scaling.yarn_attn_factor", neutral: 1, effect: "attention is scaled" },
  { key: "rope.scaling.yarn_beta_fast", neutral: 32, effect: "other pairs of features are stretched" },
  { key: "rope.scaling.yarn_beta_slow", neutral: 1, effect: "other pairs of features are stretched" },
  { key: "rope.scaling.yarn_ext_factor", neutral: 1, effect: "pairs of features are stretched otherwise" },
  { key: "rope.scaling.yarn_log_multiplier", effect: "attention is scaled" },
  { key: "swin_norm", neutral: false, effect: "norms stand elsewhere" },
  { key: "use_parallel_residual", neutral: false, effect: "attention and feed-forward are computed side by side" },
];

/** Keys that are read below, or say nothing about what is computed. */
const knownKeys: ReadonlySet<string> = new Set([
  "attention.value_length",
  "expert_used_count",
  "rope.dimension_count",
  "rope.scale_linear",
  "rope.scaling.factor",
  "rope.scaling.finetuned",
  "rope.scaling.original_context_length",
  "rope.scaling.type",
  "tensor_data_layout",
  "vocab_size",
]);

/**
 * GGUF metadata of a causal language model as the object that `checkConfig` takes. Keys that are not known here come along
 * by their own names, so that `checkConfig` warns of them.
 *
 * @param metadata GGUF's key–value pairs; 64-bit integers may be bigint.
 * @param tensorNames Names of the file's tensors: a file without an output head is tied.
 * @throws UnsupportedArchitectureError; InvalidConfigError listing every key that asks for what is not computed.
 */
export function configFromGguf(
  metadata: Metadata,
  tensorNames: ReadonlySet<string>,
  file = "the GGUF file",
): Readonly<Record<string, unknown>> {
  const table = ggufTableOf(metadata, file);
  const family = familyOf(table.modelType);
  const own = ownKeys(metadata, table.architecture);
  const read = new Set(table.config.map(({ gguf }) => gguf));
  refuse({ file, architecture: table.architecture }, [...unhandled(own, read), ...otherHeadSizes(own)]);
  const refused = new Set(refusedKeys.map(({ key }) => key));
  const entries: readonly Entry[] = [
    ["model_type", family.modelType],
    ["architectures", [...family.architectures].filter(([, task]) => task === "causal-lm").map(([name]) => name)],
    ["tie_word_embeddings", !tensorNames.has("output.weight")],
    ...table.config.flatMap(({ gguf, key }): Entry[] => (own.has(gguf) ? [[key, own.get(gguf)]] : [])),
    ...(own.has("vocab_size") ? [] : [["vocab_size", vocabularyOf(metadata)] as const]),
    ...tokenIds(metadata),
    ...scalingOf(own),
    ...[...own].flatMap(([key, value]): Entry[] =>
      read.has(key) || refused.has(key) || knownKeys.has(key) ? [] : [[`${table.architecture}.${key}`, value]],
    ),
  ];
  return Object.fromEntries(entries);
}

/** What stands behind "<architecture>."; numbers are plain. */
function ownKeys(metadata: Metadata, architecture: string): Metadata {
  const prefix = `${architecture}.`;
  const own = [...metadata].filter(([key]) => key.startsWith(prefix));
  return new Map(own.map(([key, value]) => [key.slice(prefix.length), plainNumber(value)]));
}

function plainNumber(value: unknown): unknown {
  return typeof value === "bigint" ? Number(value) : value;
}

function refuse(
  { file, architecture }: { readonly file: string; readonly architecture: string },
  found: readonly Omit<ConfigProblem, "kind">[],
): void {
  const problems = found.map((problem) => {
    return { kind: "not-handled", ...problem, key: `${architecture}.${problem.key}` } as const;
  });
  if (problems.length > 0) throw new InvalidConfigError(file, problems);
}

function unhandled(own: Metadata, read: ReadonlySet<string>): readonly Omit<ConfigProblem, "kind">[] {
  return refusedKeys.flatMap(({ key, neutral, effect }) => {
    const value = own.get(key) ?? 0;
    if (read.has(key) || value === 0 || value === neutral) return [];
    const expected = `${neutral === undefined ? "0" : describeValue(neutral)} or no such key (${effect})`;
    return [{ key, got: describeValue(value), expected }];
  });
}

/** A head whose values have another width, or of which only a part rotates. */
function otherHeadSizes(own: Metadata): readonly Omit<ConfigProblem, "kind">[] {
  const width =
    own.get("attention.key_length") ?? Number(own.get("embedding_length")) / Number(own.get("attention.head_count"));
  if (Number.isNaN(width)) return []; // checkConfig says which number is missing
  return ["attention.value_length", "rope.dimension_count"].flatMap((key) => {
    const value = own.get(key) ?? width;
    return value === width ? [] : [{ key, got: describeValue(value), expected: `the width of a head (${width})` }];
  });
}

function vocabularyOf(metadata: Metadata): unknown {
  const tokens = metadata.get("tokenizer.ggml.tokens");
  return Array.isArray(tokens) ? tokens.length : undefined;
}

function tokenIds(metadata: Metadata): readonly Entry[] {
  const named = [
    ["bos_token_id", "tokenizer.ggml.bos_token_id"],
    ["eos_token_id", "tokenizer.ggml.eos_token_id"],
    ["pad_token_id", "tokenizer.ggml.padding_token_id"],
  ] as const;
  return named.flatMap(([key, gguf]): Entry[] => (metadata.has(gguf) ? [[key, plainNumber(metadata.get(gguf))]] : []));
}

/** As llama.cpp: a factor without a type is a linear one, and `scale_linear` is its older name. */
function scalingOf(own: Metadata): readonly Entry[] {
  const factor = own.get("rope.scaling.factor") ?? own.get("rope.scale_linear") ?? 0;
  const type = own.get("rope.scaling.type") ?? (factor === 0 ? "none" : "linear");
  if (type === "none" || (type === "linear" && factor === 0)) return [];
  const original = own.get("rope.scaling.original_context_length");
  const scaling = {
    rope_type: type,
    ...(factor === 0 ? {} : { factor }),
    ...(original === undefined || type !== "yarn" ? {} : { original_max_position_embeddings: original }),
  };
  return [["rope_scaling", scaling]];
}
