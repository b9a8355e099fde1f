// Converts GGUF metadata to a config.json. Every key that changes the computation is converted or refused: llama.cpp reads many keys
// for every architecture, and ignoring one would change the results.

import { describeValue } from "../../messages.ts";
import { sizeLimits } from "../config-names.ts";
import { type ConfigProblem, InvalidConfigError } from "../errors.ts";
import { familyOf } from "../families.ts";
import { factorsMissing, scalingOf } from "./gguf-rope.ts";
import type { GgufTable } from "./gguf-table.ts";
import { ggufTableOf } from "./gguf-tables.ts";

type Metadata = ReadonlyMap<string, unknown>;
type Entry = readonly [key: string, value: unknown];
type Problem = Omit<ConfigProblem, "kind">;

/** A key after "<architecture>." that is refused unless its value changes nothing. In llama.cpp 0 means "not set". */
interface RefusedKey {
  readonly key: string;
  /** Another value that changes nothing. */
  readonly neutral?: unknown;
  /** A key with the same value. */
  readonly sameAs?: string;
  readonly effect: string;
}

/** Layers with a window: all except every nth, or a list of booleans. */
const windowPattern = "attention.sliding_window_pattern";

const refusedKeys: readonly RefusedKey[] = [
  { key: "attention.causal", neutral: true, effect: "positions attend to later ones" },
  { key: "attention.clamp_kqv", effect: "queries, keys and values are clipped" },
  { key: "attention.key_length_swa", sameAs: "attention.key_length", effect: "heads have different widths" },
  { key: "attention.max_alibi_bias", effect: "a bias on attention replaces positions" },
  { key: "attention.scale", effect: "attention is scaled differently" },
  { key: "attention.sliding_window", effect: "attention is limited to nearby positions" },
  { key: windowPattern, effect: "attention is limited in other layers" },
  { key: "attention.temperature_scale", effect: "attention is scaled by position" },
  { key: "attention.value_length_swa", sameAs: "attention.value_length", effect: "heads have different widths" },
  { key: "attn_logit_softcapping", effect: "attention scores are soft-capped" },
  { key: "embedding_scale", neutral: 1, effect: "embeddings are scaled" },
  { key: "expert_count", effect: "the feed-forward is a mixture of experts" },
  { key: "expert_gating_func", neutral: 1, effect: "experts are chosen by other scores" },
  { key: "expert_group_count", neutral: 1, effect: "experts are chosen by groups" },
  { key: "expert_shared_count", effect: "all tokens have an expert" },
  { key: "expert_shared_feed_forward_length", effect: "all tokens have an expert" },
  { key: "expert_weights_scale", neutral: 1, effect: "the experts' shares are scaled" },
  { key: "final_logit_softcapping", effect: "logits are soft-capped" },
  { key: "logit_scale", neutral: 1, effect: "logits are scaled" },
  { key: "leading_dense_block_count", effect: "the first layers have no experts" },
  { key: "nextn_predict_layers", effect: "the last layers predict further tokens" },
  { key: "residual_scale", neutral: 1, effect: "each layer's output is scaled" },
  { key: "rope.dimension_count_swa", sameAs: "rope.dimension_count", effect: "layers rotate differently" },
  { key: "rope.dimension_sections", effect: "features rotate by several positions" },
  { key: "rope.freq_base_swa", sameAs: "rope.freq_base", effect: "layers rotate differently" },
  { key: "rope.scaling.attn_factor", neutral: 1, effect: "attention is scaled" },
  { key: "rope.scaling.yarn_attn_factor", neutral: 1, effect: "attention is scaled" },
  { key: "rope.scaling.yarn_beta_fast", neutral: 32, effect: "other pairs of features are stretched" },
  { key: "rope.scaling.yarn_beta_slow", neutral: 1, effect: "other pairs of features are stretched" },
  { key: "rope.scaling.yarn_ext_factor", neutral: 1, effect: "positions are scaled differently" },
  { key: "rope.scaling.yarn_log_multiplier", effect: "attention is scaled" },
  { key: "swin_norm", neutral: false, effect: "norms are in other places" },
  { key: "use_parallel_residual", neutral: false, effect: "attention and feed-forward are computed in parallel" },
];

/** Keys that are read below, or do not affect the computation. */
const knownKeys: ReadonlySet<string> = new Set([
  "attention.key_length",
  "attention.value_length",
  "expert_used_count",
  "feed_forward_length",
  "rope.dimension_count",
  "rope.scale_linear",
  "rope.scaling.factor",
  "rope.scaling.finetuned",
  "rope.scaling.original_context_length",
  "rope.scaling.type",
  "pooling_type",
  "tensor_data_layout",
  "vocab_size",
]);

/** The number of token types of BERT and its relatives, which llama.cpp stores with the tokenizer. */
export const tokenTypesKey = "tokenizer.ggml.token_type_count";

/** Other contents of the file. */
export interface GgufConfigOptions {
  /** For messages. */
  readonly file?: string;
  /** Values of the tensors named by `ropeFactorTensors` that the file has. */
  readonly ropeFactors?: ReadonlyMap<string, ArrayLike<number>>;
}

/**
 * Converts a model's GGUF metadata to an object for `checkConfig`. Unknown keys keep their names, so that `checkConfig` warns of them.
 *
 * @param metadata GGUF's key–value pairs; 64-bit integers may be bigint.
 * @param tensorNames Names of the file's tensors: a file without an output head is tied.
 * @throws UNSUPPORTED_ARCHITECTURE; InvalidConfigError listing every unsupported key.
 */
export function configFromGguf(
  metadata: Metadata,
  tensorNames: ReadonlySet<string>,
  { file = "the GGUF file", ropeFactors = new Map() }: GgufConfigOptions = {},
): Readonly<Record<string, unknown>> {
  const table = ggufTableOf(metadata, file);
  const family = familyOf(table.modelType);
  const fields = withDefaults(architectureFields(metadata, table.architecture), table);
  const rows = table.config.filter(({ gguf }) => fields.has(gguf) && !isUnset(gguf, fields.get(gguf)));
  const scaling = scalingOf(fields, ropeFactors);
  const needs = table.needs?.(fields) ?? {};
  const hasWindows = table.config.some(({ gguf }) => gguf === "attention.sliding_window");
  const windows = hasWindows && family.config.window?.layers !== "all" ? windowedLayers(fields) : [];
  const read = new Set([
    ...[...table.config.map(({ gguf }) => gguf), ...scaling.read, ...Object.keys(needs)],
    ...(windows.length > 0 ? [windowPattern] : []),
  ]);
  const ofFields = [
    ...[...unhandled(fields, read, family.causal), ...otherHeadSizes(fields, table)],
    ...[...scaling.problems, ...otherValues(fields, needs)],
  ].map((problem) => ({ ...problem, key: `${table.architecture}.${problem.key}` }));
  refuse(file, [...ofFields, ...factorsMissing(tensorNames, ropeFactors), ...singleExperts(tensorNames)]);
  const refused = new Set(refusedKeys.map(({ key }) => key));
  const task = table.task ?? "causal-lm";
  const entries: readonly Entry[] = [
    ["model_type", family.modelType],
    ["architectures", [...family.architectures].filter(([, other]) => other === task).map(([name]) => name)],
    ...(task === "causal-lm" ? [["tie_word_embeddings", !tensorNames.has("output.weight")] as const] : []),
    ...rows.map(({ gguf, key }): Entry => [key, fields.get(gguf)]),
    ...windows,
    ...(fields.has("vocab_size") ? [] : [["vocab_size", vocabularyOf(metadata)] as const]),
    ...(table.rotaryShare === undefined ? [] : [[table.rotaryShare, rotaryShareOf(fields)] as const]),
    ...Object.entries(table.implied?.(tensorNames, fields) ?? {}),
    ...tokenIds(metadata),
    ...(family.causal || !metadata.has(tokenTypesKey)
      ? []
      : [["type_vocab_size", plainNumber(metadata.get(tokenTypesKey))] as const]),
    ...scaling.entries,
    ...[...fields].flatMap(([key, value]): Entry[] =>
      read.has(key) || refused.has(key) || knownKeys.has(key) ? [] : [[`${table.architecture}.${key}`, value]],
    ),
  ];
  return Object.fromEntries(entries);
}

/** For keys that change the computation, 0 means "not set" in llama.cpp. */
function isUnset(key: string, value: unknown): boolean {
  return value === 0 && refusedKeys.some((refused) => refused.key === key);
}

/** The keys after "<architecture>.", with bigint values as numbers. */
function architectureFields(metadata: Metadata, architecture: string): Metadata {
  const prefix = `${architecture}.`;
  const fields = [...metadata].filter(([key]) => key.startsWith(prefix));
  return new Map(fields.map(([key, value]) => [key.slice(prefix.length), plainNumber(value)]));
}

/** llama.cpp's values of absent keys, where a family may have others. */
function withDefaults(fields: Metadata, { config }: GgufTable): Metadata {
  const defaults: readonly Entry[] = [
    ["rope.freq_base", 10_000],
    ["attention.head_count_kv", fields.get("attention.head_count")],
  ];
  const isRead = new Set(config.map(({ gguf }) => gguf));
  return new Map([...defaults.filter(([key, value]) => isRead.has(key) && value !== undefined), ...fields]);
}

function plainNumber(value: unknown): unknown {
  return typeof value === "bigint" ? Number(value) : value;
}

function refuse(file: string, found: readonly Problem[]): void {
  const problems = found.map((problem) => ({ kind: "not-handled", ...problem }) as const);
  if (problems.length > 0) throw new InvalidConfigError(file, problems);
}

function unhandled(fields: Metadata, read: ReadonlySet<string>, isCausal: boolean): readonly Problem[] {
  return refusedKeys.flatMap(({ key, neutral: fallback, sameAs, effect }) => {
    const value = fields.get(key) ?? 0;
    const usual = sameAs === undefined ? fallback : fields.get(sameAs);
    const neutral = key === "attention.causal" ? isCausal : usual;
    if (read.has(key) || value === 0 || value === neutral) return [];
    const expected = `${neutral === undefined ? "0" : describeValue(neutral)} or no such key (${effect})`;
    return [{ key, got: describeValue(value), expected }];
  });
}

function otherValues(fields: Metadata, needs: Readonly<Record<string, unknown>>): readonly Problem[] {
  return Object.entries(needs).flatMap(([key, needed]) => {
    const value = fields.get(key) ?? needed;
    if (value === needed) return [];
    return [{ key, got: describeValue(value), expected: `${describeValue(needed)} or no such key` }];
  });
}

/** Mixtral's first files have a tensor for each expert, which llama.cpp no longer reads. */
function singleExperts(tensorNames: ReadonlySet<string>): readonly Problem[] {
  const key = [...tensorNames].find((name) => /^blk\.\d+\.ffn_(gate|up|down)\.\d+\.weight$/.test(name));
  if (key === undefined) return [];
  const expected = `a stack of all experts, ${key.replace(/\.\d+\.weight$/, "_exps.weight")}; convert the model again`;
  return [{ key, got: "a tensor of one expert", expected }];
}

/** config.json's list of each layer's kind, if the file says which layers have windows. */
function windowedLayers(fields: Metadata): readonly Entry[] {
  const pattern = fields.get(windowPattern);
  if (pattern === undefined) return [];
  const hasWindow = (layer: number) =>
    Array.isArray(pattern) ? Boolean(pattern[layer]) : pattern === 0 || (layer + 1) % Number(pattern) !== 0;
  const count = Math.min(Number(fields.get("block_count")), sizeLimits.layers);
  const layers = Array.from({ length: count }, (_, layer) => layer);
  return [["layer_types", layers.map((layer) => (hasWindow(layer) ? "sliding_attention" : "full_attention"))]];
}

/** The default width of a head. */
function widthBySizes(fields: Metadata): number {
  return Number(fields.get("embedding_length")) / Number(fields.get("attention.head_count"));
}

function widthOf(fields: Metadata): number {
  const width = fields.get("attention.key_length");
  return typeof width === "number" ? width : widthBySizes(fields);
}

/** The share of each head that rotates; default: all. */
function rotaryShareOf(fields: Metadata): number {
  return Number(fields.get("rope.dimension_count") ?? widthOf(fields)) / widthOf(fields);
}

/** Problems of head sizes that the family does not support, or of partial rotation in a family with full rotation. */
function otherHeadSizes(fields: Metadata, table: GgufTable): readonly Problem[] {
  const hasOwnWidth = table.config.some(({ gguf }) => gguf === "attention.key_length");
  const width = hasOwnWidth ? widthOf(fields) : widthBySizes(fields);
  if (Number.isNaN(width)) return []; // checkConfig reports the missing number
  const mayTurnLess = table.rotaryShare !== undefined;
  const keys = ["attention.key_length", "attention.value_length", ...(mayTurnLess ? [] : ["rope.dimension_count"])];
  return keys.flatMap((key) => {
    const value = fields.get(key) ?? width;
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
