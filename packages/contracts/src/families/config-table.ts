// How one family's config.json is read: which key holds which number, which keys must have a certain value, and which
// do not matter here.

import type { DropoutPlace, ScalarName, SizeName, SwitchName } from "./config-names.ts";
import type { ConfigValues, LayerKind } from "./config-values.ts";
import type { Task } from "./task.ts";

/** Where a size is written, and what it is when the file says nothing. */
export interface SizeRow {
  /** config.json's key, then other spellings of it that transformers accepts. */
  readonly keys: readonly [string, ...string[]];
  /** Used when no key is present or its value is null; absent means that the size must be given. */
  readonly fallback?: number | { readonly times: number; readonly of: SizeName };
  /** Which of two numbers it is where the file may have a pair; a number by itself is the first. */
  readonly place?: 0 | 1;
}

/** Where a list of sizes is written, one for each stage, and what it is when the file says nothing. */
export interface SizeListRow {
  readonly keys: readonly [string, ...string[]];
  readonly fallback: readonly number[];
}

/** Where a rate from 0 to below 1 is written. */
interface RateRow {
  readonly keys: readonly [string, ...string[]];
  readonly fallback: number;
}

/** Where a switch is written. */
interface SwitchRow {
  readonly key: string;
  /** What the file says for off and on, where it is not false and true: ModernBERT's "cls" and "mean". */
  readonly words?: readonly [off: string, on: string];
  /** Another switch that decides where the file has no such key. */
  readonly otherwise?: string;
  readonly fallback: boolean;
}

/** Where such a number is written; null means that the family computes without it. */
interface ScalarRow {
  readonly key: string;
  readonly fallback: number | null;
  /** True where the file says what to divide by, and we what to multiply by. */
  readonly isDivisor?: boolean;
  /** True where 0 is a number like others: what a loss is multiplied by. */
  readonly mayBeZero?: boolean;
}

/** In which layers attention sees only nearby keys. */
export interface WindowTable {
  /** How many keys a query sees there, itself included; null for all. */
  readonly size: { readonly key: string; readonly fallback: number | null };
  /** A switch without which no layer has a window, whatever the size says. */
  readonly enabledBy?: string;
  /** Which layers have it where the file has no `layer_types`. */
  readonly layers: WindowLayers;
}

/**
 * All; every second one from the first, or of those only such as come before the number in `alternatingBelow`; those from the
 * number in `from` on; those that GPT-Neo's list `types` calls "local"; or all but each nth, `butEvery` being n's key, null where n
 * is always the same: the nth, 2nth …, or from the first layer on.
 */
export type WindowLayers =
  | "all"
  | "alternating"
  | { readonly alternatingBelow: string; readonly fallback: number }
  | { readonly from: string; readonly fallback: number }
  | { readonly types: string; readonly fallback: readonly string[] }
  | { readonly butEvery: string | null; readonly fallback: number; readonly fromFirst?: true };

/**
 * Those with a window; the same, but all if the file's size of windows is null; or those for which the list of key `list` says
 * 1, where there is none all but each nth, `butEvery` being n's key.
 */
export type RotatingLayers =
  | "windowed"
  | "windowed-or-all"
  | { readonly list: string; readonly butEvery: string; readonly fallback: number };

/** Which layers are of a kind of their own, in a family that has layers of two kinds. */
export interface LayerKindTable {
  readonly kind: Exclude<LayerKind, "plain">;
  /** What `layer_types` calls plain layers and the others, where a file may have such a list. */
  readonly types?: readonly [plain: string, other: string];
  /** Key of a list of the plain layers' numbers; without it none is plain, or all where a file could have types. */
  readonly plain?: string;
  /** Key of a number n, where the nth, 2nth … layer is plain if the file has no types. */
  readonly plainEach?: { readonly key: string; readonly fallback: number };
  /** Key of a number n: only the nth, 2nth … are of the kind. */
  readonly each?: string;
}

/** How rotations are written, where that is not `rope_theta` and whole heads. */
export interface RotaryTable {
  /** Keys of θ at the top of the file, the first that is given counts, and its value where none is: 10 000 unless the table says otherwise. */
  readonly thetaKeys?: readonly [string, ...string[]];
  readonly thetaFallback?: number;
  /** The share of each head that rotates. */
  readonly share?: { readonly key: string; readonly fallback: number };
  /** An odd number of features that rotate takes the next one along (GPT-NeoX). */
  readonly oddTakesNext?: boolean;
  /** The same as a number of features (GPT-J). */
  readonly features?: { readonly key: string; readonly fallback: number };
  /** θ of layers with a window, where these rotate at another speed (Gemma 3) or are not stretched (OLMo 3). */
  readonly local?: { readonly key?: string; readonly fallback: number };
  /** Which layers rotate, where not all do. */
  readonly layers?: RotatingLayers;
  /** `original_max_position_embeddings` where the file has none (Phi 3). */
  readonly originalFallback?: number;
  /** Keys beside the speeds that change nothing for texts (Qwen 3.5). */
  readonly ignored?: readonly string[];
  /** Older names of scalings (Phi 3). */
  readonly scalingAliases?: Readonly<Record<string, string>>;
}

/** A key that changes the computation, of which only some values are computed. */
export interface FixedKey {
  readonly key: string;
  /** Values that are computed; an absent key is always fine. `null` must be listed where it may occur. */
  readonly values: readonly unknown[];
  /** What another value would change. */
  readonly effect: string;
  /** The only task in which it does. */
  readonly task?: Task;
}

/** One family's config.json. */
export interface ConfigTable {
  /** Key of the object that holds the numbers, where they do not lie at the top: the text's part of a model with images. */
  readonly inside?: string;
  /** A size without a row is 0 (`tokenTypes`) or follows from others (`keyValueHeads`, `headSize`, `embeddingSize`). */
  readonly sizes: Readonly<Partial<Record<SizeName, SizeRow>>>;
  /** Of a model in stages, each twice as wide as the one before (Swin): how many layers they have, and how many heads. */
  readonly stages?: { readonly layers: SizeListRow; readonly heads: SizeListRow };
  readonly activation: {
    /** Absent where a family has one activation for all models. */
    readonly key?: string;
    /** What some files call it. */
    readonly otherKey?: string;
    readonly fallback: string;
    /** Names that this family takes for another one: Gemma's "gelu" is the approximation by tanh. */
    readonly aliases?: Readonly<Record<string, string>>;
    /** Names that begin like this ask for a gated feed-forward: T5's "gated-gelu". */
    readonly gatedBy?: string;
  };
  /** A family without a key has one value for all models. */
  readonly normEpsilon: { readonly key?: string; readonly otherKey?: string; readonly fallback: number };
  readonly dropouts: Readonly<Partial<Record<DropoutPlace, RateRow>>>;
  readonly tiedByDefault: boolean;
  /** True where the class ties whatever the file says; a head of its own in the weights still counts (T5). */
  readonly tiedAlways?: boolean;
  /** True or a table where positions are rotations; the file then says how fast they turn. */
  readonly rotary: boolean | RotaryTable;
  readonly switches?: Readonly<Partial<Record<SwitchName, SwitchRow>>>;
  readonly scalars?: Readonly<Partial<Record<ScalarName, ScalarRow>>>;
  readonly window?: WindowTable;
  readonly layerKinds?: LayerKindTable;
  /** Ids that transformers assumes where the file has no such key. */
  readonly tokenIds?: { readonly padding?: number; readonly decoderStart?: number; readonly end?: number };
  readonly fixed?: readonly FixedKey[];
  /** Last corrections, where sizes follow from switches (Falcon). */
  readonly derive?: (config: ConfigValues) => ConfigValues;
  /** Keys of this family that change nothing here, beyond those common to all families. */
  readonly harmless?: readonly string[];
}
