// Describes how one family's config.json is read: which key has which number, which keys must have a certain value, and which keys
// are ignored.

import type { DropoutName, ScalarName, SizeName, SwitchName } from "./config-names.ts";
import type { ConfigValues, LayerKind } from "./config-values.ts";
import type { ConfigProblem } from "./errors.ts";
import type { Task } from "./task.ts";

/** The keys of a size, and its default. */
export interface SizeRow {
  /** config.json's key, then other spellings of it that transformers accepts. */
  readonly keys: readonly [string, ...string[]];
  /** Default if no key is present or its value is null; absent: the size is required. */
  readonly fallback?: number | { readonly times: number; readonly of: SizeName };
  /** The index, if the file may have a pair of numbers; a single number is the first. */
  readonly element?: 0 | 1;
  /** Whether 0 is allowed, as for the experts of a model without a mixture. */
  readonly mayBeZero?: boolean;
}

/** The key of a list of sizes, one for each stage, and its default. */
export interface SizeListRow {
  readonly keys: readonly [string, ...string[]];
  readonly fallback: readonly number[];
}

/** The keys of a rate in [0, 1). */
interface RateRow {
  readonly keys: readonly [string, ...string[]];
  readonly fallback: number;
}

/** The key of a boolean setting. */
interface SwitchRow {
  readonly key: string;
  /** The file's values for off and on, if they are not false and true: ModernBERT's "cls" and "mean". */
  readonly values?: readonly [off: string, on: string];
  /** Another key that decides if the file does not have this one. */
  readonly otherwise?: string;
  readonly fallback: boolean;
}

/** The key of a number of single families; null: the family computes without it. */
interface ScalarRow {
  readonly key: string;
  readonly fallback: number | null;
  /** Whether the file has a divisor; we store the factor. */
  readonly isDivisor?: boolean;
  /** Whether 0 is allowed, as for the factor of a loss. */
  readonly mayBeZero?: boolean;
}

/** Layers with sliding-window attention. */
export interface WindowTable {
  /** The window: number of keys for a query, itself included; null for all. */
  readonly size: { readonly key: string; readonly fallback: number | null };
  /** A key that must be true for any layer to have a window. */
  readonly enabledBy?: string;
  /** The layers with a window, if the file has no `layer_types`. */
  readonly layers: WindowLayers;
}

/**
 * All layers; every second layer from the first, optionally only below the number under the key `alternatingBelow`; the layers from
 * the number under `from`; the layers that GPT-Neo's list `types` calls "local"; or all except every nth, where `exceptEvery` is the
 * key of n (null if n is constant): the nth, 2nth …, or counted from the first layer.
 */
export type WindowLayers =
  | "all"
  | "alternating"
  | { readonly alternatingBelow: string; readonly fallback: number }
  | { readonly from: string; readonly fallback: number }
  | { readonly types: string; readonly fallback: readonly string[] }
  | { readonly exceptEvery: string | null; readonly fallback: number; readonly fromFirst?: true };

/**
 * The layers with a window; the same, but all layers if the window size is null; or the layers with 1 in the list under the key
 * `list`. Without that list: all except every nth, where `exceptEvery` is the key of n.
 */
type RotatingLayers =
  | "windowed"
  | "windowed-or-all"
  | { readonly list: string; readonly exceptEvery: string; readonly fallback: number };

/** Which layers are of the other kind, in a family with two kinds of layers. */
export interface LayerKindTable {
  readonly kind: Exclude<LayerKind, "plain">;
  /** The names of plain and other layers in `layer_types`, if a file may have this list. */
  readonly types?: readonly [plain: string, other: string];
  /** The key of this list, if it is another. */
  readonly typesKey?: string;
  /** Key of a list of the plain layers' indices. Without it no layer is plain, or all are if the table has `types`. */
  readonly plain?: string;
  /** Key of n: the nth, 2nth … layer is plain, if the file has no types. */
  readonly plainEach?: { readonly key: string; readonly fallback: number };
  /** Key of n: the first n layers are plain. */
  readonly from?: { readonly key: string; readonly fallback: number };
  /** Key of n: only the nth, 2nth … layers are of the other kind. */
  readonly each?: string;
  /** Key of a rising list of the other layers' indices. */
  readonly listed?: { readonly key: string; readonly fallback: readonly number[] };
}

/** Keys of rotary positions, if they differ from `rope_theta` and whole heads. */
export interface RotaryTable {
  /** Keys of θ at the top level of the file; the first that is present counts. Default value: 10 000, unless the table has another. */
  readonly thetaKeys?: readonly [string, ...string[]];
  readonly thetaFallback?: number;
  /** The share of each head that rotates. */
  readonly share?: { readonly key: string; readonly fallback: number };
  /** Whether an odd number of rotating features is rounded up (GPT-NeoX). */
  readonly roundsUpOdd?: boolean;
  /** The same as a number of features (GPT-J). */
  readonly features?: { readonly key: string; readonly fallback: number };
  /** θ of layers with a window, if they have another θ (Gemma 3) or no scaling (OLMo 3). */
  readonly local?: { readonly key?: string; readonly fallback: number };
  /** Whether queries may grow beyond the original length (`llama_4_scaling_beta` of Ministral 3), which limits positions to it. */
  readonly growingQueries?: boolean;
  /** Whether YaRN's `mscale_all_dim` also scales scores (DeepSeek). */
  readonly scalesScores?: boolean;
  /** `rope_parameters` of a file without them (of layers without a window, if others differ); absent: whole heads without scaling. */
  readonly standard?: Readonly<Record<string, string | number | boolean>>;
  /** Which layers rotate, if not all. */
  readonly layers?: RotatingLayers;
  /** Default of `original_max_position_embeddings` (Phi 3). */
  readonly originalFallback?: number;
  /** Further keys that change nothing for texts (Qwen 3.5). */
  readonly ignored?: readonly string[];
  /** Default of `mrope_section`, if tokens of images rotate by their row and column, too (Qwen3-VL). */
  readonly sections?: readonly number[];
  /** Older names of scalings (Phi 3). */
  readonly scalingAliases?: Readonly<Record<string, string>>;
}

/** A key that changes the computation, with the supported values. */
export interface FixedKey {
  readonly key: string;
  /** Supported values; an absent key is always accepted. `null` must be listed if it may occur. */
  readonly values: readonly unknown[];
  /** The effect of other values, for the error. */
  readonly effect: string;
  /** The only task with this effect. */
  readonly task?: Task;
}

/** One family's config.json. */
export interface ConfigTable {
  /** Key of an inner object with the numbers, such as the text part of a model with images. Absent: they are at the top level. */
  readonly inside?: string;
  /** A size without a row is 0 (`tokenTypes`) or computed from others (`keyValueHeads`, `headSize`, `embeddingSize`). */
  readonly sizes: Readonly<Partial<Record<SizeName, SizeRow>>>;
  /** For a model in stages, each twice as wide as the previous one (Swin): layers and heads of each stage. */
  readonly stages?: { readonly layers: SizeListRow; readonly heads: SizeListRow };
  readonly activation: {
    /** Absent if a family has one activation for all models. */
    readonly key?: string;
    /** The key in some files. */
    readonly otherKey?: string;
    readonly fallback: string;
    /** Names with another meaning in this family: Gemma's "gelu" is the approximation by tanh. */
    readonly aliases?: Readonly<Record<string, string>>;
    /** A prefix of names that means a gated feed-forward: T5's "gated-gelu". */
    readonly gatedBy?: string;
  };
  /** A family without a key has one value for all models. */
  readonly normEpsilon: { readonly key?: string; readonly otherKey?: string; readonly fallback: number };
  readonly dropouts: Readonly<Partial<Record<DropoutName, RateRow>>>;
  readonly tiedByDefault: boolean;
  /** Whether the class always ties head and embedding. A separate head in the weights still counts (T5). */
  readonly tiedAlways?: boolean;
  /** True or a table if the family has rotary positions. */
  readonly rotary: boolean | RotaryTable;
  readonly switches?: Readonly<Partial<Record<SwitchName, SwitchRow>>>;
  readonly scalars?: Readonly<Partial<Record<ScalarName, ScalarRow>>>;
  readonly window?: WindowTable;
  /** The key of a list with the share of each layer's gates that is 0, and the share in the first layers of a model without the list. */
  readonly sparsity?: { readonly key: string; readonly fallback: number; readonly sparseLayers: number };
  readonly layerKinds?: LayerKindTable;
  /** Default ids in transformers. */
  readonly tokenIds?: { readonly padding?: number; readonly decoderStart?: number; readonly end?: number };
  /** Keys of the token whose places images fill, and its default. */
  readonly imageToken?: { readonly keys: readonly [string, ...string[]]; readonly fallback: number };
  readonly fixed?: readonly FixedKey[];
  /** Replaces other spellings of a file before anything is read. */
  readonly respell?: (values: ReadonlyMap<string, unknown>) => ReadonlyMap<string, unknown>;
  /** Checks of several values together; returns the problems. */
  readonly check?: (config: ConfigValues) => readonly ConfigProblem[];
  /** Final corrections, for sizes that depend on other settings (Falcon). */
  readonly derive?: (config: ConfigValues) => ConfigValues;
  /** Keys that change nothing here, in addition to those of all families. */
  readonly ignored?: readonly string[];
}
