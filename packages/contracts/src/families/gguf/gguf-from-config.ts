// Converts a configuration to GGUF metadata: the reverse of `configFromGguf`. The result is read again, to check that nothing is lost.

import { describeValue } from "../../messages.ts";
import { checkConfig } from "../config/check-config.ts";
import type { ConfigValues } from "../config-values.ts";
import { InvalidConfigError } from "../errors.ts";
import type { ModelConfig } from "../family.ts";
import type { RotaryScaling } from "../rotary.ts";
import { configFromGguf, tokenTypesKey } from "./config-from-gguf.ts";
import { unwritableArchitectureError } from "./errors.ts";
import { readsRopeFreqs, ropeFactorTensors } from "./gguf-rope.ts";
import type { GgufTable } from "./gguf-table.ts";
import { ggufTableFor } from "./gguf-tables.ts";

/** A metadata value with its type in the file. */
type GgufEntry =
  | { readonly type: "uint32" | "float32"; readonly value: number }
  | { readonly type: "bool"; readonly value: boolean }
  | { readonly type: "string"; readonly value: string }
  | { readonly type: "array"; readonly of: "int32"; readonly value: readonly number[] };

/** A configuration in GGUF's form. */
export interface GgufConfig {
  readonly table: GgufTable;
  readonly metadata: ReadonlyMap<string, GgufEntry>;
  /** Divisors of rotary frequencies, by the names of their tensors. */
  readonly ropeFactors: ReadonlyMap<string, Float32Array>;
}

/**
 * The metadata of a model with this configuration, without its tokenizer.
 *
 * @throws UNWRITABLE_ARCHITECTURE if llama.cpp has no such architecture, or would compute the model differently.
 * @example
 * ```ts
 * import { checkConfig } from "@lowrank/contracts/families";
 * import { ggufFromConfig } from "@lowrank/contracts/families/gguf";
 *
 * const sizes = { hidden_size: 8, num_hidden_layers: 1, num_attention_heads: 2, intermediate_size: 16, vocab_size: 4 };
 * const { metadata } = ggufFromConfig(checkConfig({ model_type: "llama", ...sizes }));
 * if (metadata.get("llama.attention.head_count")?.value !== 2) throw new Error("another number of heads");
 * ```
 */
export function ggufFromConfig(config: ModelConfig): GgufConfig {
  const table = ggufTableFor(config);
  if (table === undefined)
    throw unwritableArchitectureError(config.modelType, [
      { what: "the family", reason: "llama.cpp's names for its weights are not known" },
    ]);
  const ropeFactors = new Map(ropeDivisors(config));
  const metadata = new Map<string, GgufEntry>([
    ["general.architecture", { type: "string", value: table.architecture }],
    ...architectureEntries(config).flatMap(([key, entry]) =>
      entry === undefined ? [] : [[`${table.architecture}.${key}`, entry] as const],
    ),
    ...(config.tokenTypes === 0 ? [] : [[tokenTypesKey, whole(config.tokenTypes)] as const]),
  ]);
  const file = { table, metadata, ropeFactors };
  const isUnread = ropeFactors.has("rope_freqs.weight") && !readsRopeFreqs.has(table.architecture);
  const reason = `llama.cpp's architecture ${table.architecture} has no tensor rope_freqs.weight`;
  const problems = [...differences(config, file), ...(isUnread ? [{ what: "rope_scaling", reason }] : [])];
  if (problems.length > 0) throw unwritableArchitectureError(config.modelType, problems);
  return file;
}

type NamedEntry = readonly [key: string, entry: GgufEntry | undefined];

/** The keys after "<architecture>.", without those that the model does not need. */
function architectureEntries(config: ModelConfig): readonly NamedEntry[] {
  const { rotary, localRotary, scalars, family, headSize, maxPositions } = config;
  const table = ggufTableFor(config);
  const read = [...(table?.config.map(({ gguf }) => gguf) ?? []), ...Object.keys(table?.needs?.(new Map()) ?? {})];
  const hasMeans = read.includes("attention.layer_norm_epsilon");
  const optional = (key: string, value: number) => (read.includes(key) ? whole(value) : undefined);
  const isDivisor = family.config.scalars?.logitScale?.isDivisor && scalars.logitScale !== null;
  const window = Math.max(0, ...config.windows.map((width) => width ?? 0));
  return [
    ["vocab_size", whole(config.vocabularySize)],
    // Models without position embeddings (BLOOM) have no maximum length.
    ["context_length", whole(Math.min(maxPositions, 2 ** 20))],
    ["embedding_length", whole(config.hiddenSize)],
    ["block_count", whole(config.layers)],
    ["feed_forward_length", whole(config.intermediateSize || 4 * config.hiddenSize)],
    ["attention.head_count", whole(config.heads)],
    ["attention.head_count_kv", keyHeadsOf(config)],
    ["expert_count", optional("expert_count", config.experts)],
    ["expert_used_count", optional("expert_used_count", config.expertsPerToken)],
    ["expert_feed_forward_length", optional("expert_feed_forward_length", config.expertIntermediateSize)],
    ["expert_shared_feed_forward_length", optional("expert_shared_feed_forward_length", config.sharedIntermediateSize)],
    ["shortconv.l_cache", hasConvolutions(config) ? whole(config.convKernelSize) : undefined],
    ["attention.causal", family.causal ? undefined : { type: "bool", value: false }],
    [`attention.layer_norm${hasMeans ? "" : "_rms"}_epsilon`, real(config.normEpsilon)],
    ["attention.key_length", whole(headSize)],
    ["attention.value_length", whole(headSize)],
    ["attention.sliding_window", window === 0 ? undefined : optional("attention.sliding_window", window)],
    ["attention.scale", real(scalars.scoreScale)],
    ["embedding_scale", real(scalars.embeddingScale)],
    ["residual_scale", real(scalars.residualScale)],
    ["logit_scale", real(isDivisor ? 1 / scalars.logitScale : scalars.logitScale)],
    ["attn_logit_softcapping", real(scalars.scoreCap)],
    ["final_logit_softcapping", real(scalars.logitCap)],
    [
      "use_parallel_residual",
      hasParallelHalves(family.modelType) ? { type: "bool", value: config.switches.parallelResidual } : undefined,
    ],
    ["rope.dimension_count", rotary === null ? undefined : whole(Math.round(headSize * rotary.share))],
    ["rope.freq_base", real(rotary?.theta ?? null)],
    ["rope.freq_base_swa", real(localRotary?.theta ?? null)],
    ...scalingEntries(rotary?.scaling ?? { type: "none" }),
  ];
}

/** LFM2's key heads for each layer, where 0 means a convolution instead of attention. */
function keyHeadsOf(config: ModelConfig): GgufEntry {
  const { keyValueHeads, layerKinds } = config;
  if (!hasConvolutions(config)) return whole(keyValueHeads);
  const value = layerKinds.map((kind) => (kind === "convolution" ? 0 : keyValueHeads));
  return { type: "array", of: "int32", value };
}

function hasConvolutions({ layerKinds }: ModelConfig): boolean {
  return layerKinds.includes("convolution");
}

/** llama.cpp reads this setting only for these two architectures. */
function hasParallelHalves(modelType: string): boolean {
  return modelType === "gpt_neox" || modelType === "stablelm";
}

function whole(value: number): GgufEntry {
  return { type: "uint32", value };
}

function real(value: number | null): GgufEntry | undefined {
  return value === null ? undefined : { type: "float32", value: Math.fround(value) };
}

function scalingEntries(scaling: RotaryScaling): readonly NamedEntry[] {
  if (scaling.type === "linear" || scaling.type === "yarn") {
    const original = scaling.type === "yarn" ? whole(scaling.originalMaxPositions) : undefined;
    return [
      ["rope.scaling.type", { type: "string", value: scaling.type }],
      ["rope.scaling.factor", real(scaling.factor)],
      ["rope.scaling.original_context_length", original],
    ];
  }
  if (scaling.type !== "longrope") return [];
  return [
    ["rope.scaling.attn_factor", real(scaling.magnitude)],
    ["rope.scaling.original_context_length", whole(scaling.originalMaxPositions)],
  ];
}

/** Settings that GGUF does not need: of training, of heads that are not written, of how a width was computed, and of the tokenizer. */
const settingsOutsideGguf: ReadonlySet<string> = new Set([
  ...["modelType", "architecture", "family", "dropouts", "labels", "labelNames", "problemType", "refusedTasks"],
  ...["padTokenId", "bosTokenId", "eosTokenIds", "decoderStartTokenId", "maxPositions", "intermediateStep"],
]);

/** Differences after the metadata is read again. */
function differences(config: ModelConfig, { table, metadata, ropeFactors }: GgufConfig) {
  const values = new Map([...metadata].map(([key, { value }]) => [key, value]));
  const names = new Set([...ropeFactors.keys(), ...impliedNames(config)]);
  const hasWindows = table.config.some(({ gguf }) => gguf === "attention.sliding_window");
  const again = readAgain(() => checkConfig(configFromGguf(values, names, { ropeFactors })));
  if (Array.isArray(again)) return again;
  const rotary = withListed(config, ropeFactors);
  const expected: ConfigValues = {
    ...config,
    rotary,
    // llama.cpp ignores windows of other architectures, which `windowWarning` reports.
    windows: hasWindows ? config.windows : again.windows,
    // The loss that balances experts is one of training.
    scalars: { ...config.scalars, balanceScale: again.scalars.balanceScale },
    switches: { ...config.switches, balancesExperts: again.switches.balancesExperts },
  };
  const keys = (Object.keys(expected) as (keyof ConfigValues)[]).filter((key) => !settingsOutsideGguf.has(key));
  const rows: Readonly<Record<string, { readonly key: string }>> = {
    ...config.family.config.switches,
    ...config.family.config.scalars,
  };
  const inFile = (what: string) => rows[/^(?:switches|scalars)\.(\w+)$/.exec(what)?.[1] ?? ""]?.key ?? what;
  const found = keys.flatMap((key) => unlike(key, expected[key], again[key]));
  return found.map(({ what, reason }) => ({ what: inFile(what), reason }));
}

/** The configuration, or the reasons against it. */
function readAgain<Config>(read: () => Config) {
  try {
    return read();
  } catch (error) {
    if (!(error instanceof InvalidConfigError)) throw error;
    return error.problems.map(({ key, got, expected }) => ({ what: key, reason: `${got}, expected ${expected}` }));
  }
}

/** Names of tensors whose presence is a setting in llama.cpp. */
function impliedNames({ tiedEmbeddings, switches }: ModelConfig): readonly string[] {
  return [
    ...(tiedEmbeddings ? [] : ["output.weight"]),
    ...(switches.attentionBias ? ["blk.0.attn_q.bias"] : []),
    ...(switches.feedForwardBias ? ["blk.0.ffn_up.bias"] : []),
    ...(switches.queryKeyNorm ? ["blk.0.attn_q_norm.weight"] : []),
    ...(switches.parallelResidual ? [] : ["blk.0.ffn_norm.weight"]),
  ];
}

/** Replaces a formula of rotary frequencies by the list of divisors in the file. */
function withListed({ rotary, maxPositions }: ModelConfig, factors: ReadonlyMap<string, Float32Array>) {
  const all = factors.get("rope_freqs.weight");
  if (rotary === null || all === undefined) return rotary;
  const list = [...all];
  const scaling = { type: "longrope", shortFactors: list, longFactors: list, magnitude: 1 } as const;
  return { ...rotary, scaling: { ...scaling, originalMaxPositions: maxPositions } };
}

/** The differing values inside of two values: numbers up to rounding to float32, and of a list the first. */
function unlike(what: string, one: unknown, other: unknown): readonly { what: string; reason: string }[] {
  if (typeof one === "number" && typeof other === "number" && Math.abs(one - other) <= 1e-6 * Math.abs(one)) return [];
  if (one === other) return [];
  if (typeof one === "object" && typeof other === "object" && one !== null && other !== null) {
    const [ones, others] = [one, other].map((value) => new Map<string, unknown>(Object.entries(value)));
    const keys = new Set([...(ones?.keys() ?? []), ...(others?.keys() ?? [])]);
    const found = [...keys].flatMap((key) => unlike(`${what}.${key}`, ones?.get(key), others?.get(key)));
    return Array.isArray(one) ? found.slice(0, 1) : found;
  }
  const [got, fromGguf] = [describeValue(one), describeValue(other)];
  return [{ what, reason: `the model has ${got}, llama.cpp would compute with ${fromGguf}` }];
}

// Divisors of rotary frequencies, which GGUF files store as tensors. Source: llama.cpp, convert_hf_to_gguf.py.

/** By tensor name; empty if frequencies are unscaled, or defined by metadata. */
function ropeDivisors({ rotary, headSize, modelType }: ModelConfig): readonly (readonly [string, Float32Array])[] {
  const [all, short, long] = ropeFactorTensors;
  if (rotary?.scaling.type === "longrope") {
    const { shortFactors, longFactors, magnitude } = rotary.scaling;
    const [ofShort, ofLong] = [Float32Array.from(shortFactors), Float32Array.from(longFactors)];
    // Phi 3 is the only architecture with two lists and no scaling type.
    if (modelType === "phi3")
      return [
        [short, ofShort],
        [long, ofLong],
      ];
    const isOneList = magnitude === 1 && ofShort.every((factor, pair) => factor === ofLong[pair]);
    return isOneList ? [[all, ofShort]] : [];
  }
  if (rotary?.scaling.type !== "llama3") return [];
  const { factor, lowFrequencyFactor: low, highFrequencyFactor: high, originalMaxPositions: original } = rotary.scaling;
  const features = Math.round(headSize * rotary.share);
  const divisors = Float32Array.from({ length: features / 2 }, (_, pair) => {
    const length = 2 * Math.PI * rotary.theta ** ((2 * pair) / features);
    if (length < original / high) return 1;
    if (length > original / low) return factor;
    const share = (original / length - low) / (high - low);
    return 1 / ((1 - share) / factor + share);
  });
  return [[all, divisors]];
}
