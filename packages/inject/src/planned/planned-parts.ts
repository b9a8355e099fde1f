// The kinds of an adapter's parts in a plan.

import type { VariantName } from "@lowrank/adapter-format/internal";

/** The common fields of parts with A and B. */
interface PlannedMatrices {
  /** transformers' path of the module, or of the parameter. */
  readonly path: string;
  readonly inFeatures: number;
  readonly outFeatures: number;
  readonly rank: number;
  readonly alpha: number;
  /** s in y = W·x + s·B·A·x: alpha / rank, or alpha / √rank if rank-stabilized. */
  readonly scaling: number;
  /** Number of trained values; for A and B of a linear layer: rank · (inFeatures + outFeatures). */
  readonly parameters: number;
  /** Names in an adapter file, without "base_model.model.", of both matrices. */
  readonly keys: { readonly a: string; readonly b: string };
  /** Shapes in files of all trained tensors, by name. */
  readonly fileShapes: ReadonlyMap<string, readonly number[]>;
}

/** One layer that will get A and B. */
export interface PlannedSite extends PlannedMatrices {
  readonly part: "site";
  readonly kind: "linear" | "embedding" | "convolution";
  readonly role: "body" | "input-embedding" | "output-head";
  /** Names of the variants' additional vectors, by variant. */
  readonly vectors: PlannedVectors;
  /** Path of the module that shares this layer's weight, if there is one: such a layer cannot be merged alone. */
  readonly tiedWith?: string;
  /** Paths of the heads that share this embedding's A and B (PEFT's `ensure_weight_tying`). */
  readonly sharedBy?: readonly string[];
}

/** Names in an adapter file of the variants' vectors [outFeatures], by variant. */
export type PlannedVectors = ReadonlyMap<VariantName, string>;

/**
 * An output head that shares A and B of the embedding whose weight it shares (PEFT's `ensure_weight_tying`). In files its A is
 * the embedding's B, and its B the embedding's A; `parameters` counts only its own.
 */
export interface PlannedTiedSite extends Omit<PlannedMatrices, "inFeatures" | "outFeatures" | "alpha"> {
  readonly part: "tied-site";
  /** Path of the embedding. */
  readonly sourcePath: string;
  readonly vectors: PlannedVectors;
}

/** One existing weight that the adapter replaces completely. */
export interface PlannedParameter {
  readonly part: "whole-parameter";
  /** transformers' parameter path. */
  readonly path: string;
  /** Name in an adapter file, without "base_model.model.". */
  readonly key: string;
  /** Shape in memory: [inFeatures, outFeatures] for a linear weight. */
  readonly shape: readonly number[];
  /** Shape in files: torch's linear layers are transposed. */
  readonly fileShape: readonly number[];
  readonly parameters: number;
  /** "base-layer": PEFT also stores the frozen weight of an adapted embedding; it is used but not trained. */
  readonly reason: "saved-module" | "bias" | "base-layer";
  /**
   * Parameters that share this weight and follow it. Files have them under their own names if both are saved (PEFT's
   * `ensure_weight_tying`, `save_embedding_layers`), else not at all.
   */
  readonly tiedParameters?: readonly { readonly path: string; readonly key?: string }[];
  /** Further names under which PEFT writes the value: those of a bias with two names. A file may lack them. */
  readonly copyKeys?: readonly string[];
  /** Name under which PEFT writes a value of the same parameter that its model does not use. */
  readonly idleKey?: string;
}

/** One raw parameter that gets A and B (PEFT's `target_parameters`). `rank` is that of each expert's update. */
export interface PlannedRawParameter extends PlannedMatrices {
  readonly part: "raw-parameter";
  /** Shape in memory: a matrix, or [experts, outFeatures, inFeatures]. */
  readonly shape: readonly number[];
  /** 1 for a matrix. */
  readonly experts: number;
}

/** Rows of one embedding that will be trained (PEFT's `trainable_token_indices`). */
export interface PlannedTokenRows {
  readonly part: "token-rows";
  /** transformers' module path. */
  readonly path: string;
  /** Paths of the modules that share the embedding and follow it. */
  readonly tiedModules: readonly string[];
  readonly indices: readonly number[];
  readonly key: string;
  /** Further names of the rows in an adapter file: those of tied modules whose weight is saved, too. */
  readonly copyKeys?: readonly string[];
  /** [tokens, width] */
  readonly shape: readonly [tokens: number, width: number];
  readonly parameters: number;
}

/** One planned part of an adapter. */
export type PlannedPart = PlannedSite | PlannedTiedSite | PlannedRawParameter | PlannedTokenRows | PlannedParameter;

export type PartName = PlannedPart["part"];

/**
 * The parts of one kind in a plan, or in a handle.
 *
 * @example
 * ```ts
 * import { type InjectionPlan, partsOf } from "@lowrank/inject";
 *
 * export function ranks(plan: InjectionPlan): ReadonlyMap<string, number> {
 *   return new Map(partsOf(plan, "site").map(({ path, rank }) => [path, rank]));
 * }
 * ```
 */
export function partsOf<Part extends { readonly part: PartName }, Name extends Part["part"]>(
  { parts }: { readonly parts: readonly Part[] },
  name: Name,
): readonly Extract<Part, { readonly part: Name }>[] {
  return parts.filter((one): one is Extract<Part, { readonly part: Name }> => one.part === name);
}
