// The kinds of parts that an adapter is made of, as a plan names them.

import type { VariantName } from "@lowrank/adapter-format";

/** What will get a pair of matrices. */
interface PlannedMatrices {
  /** transformers' path of the module, or of the parameter. */
  readonly path: string;
  readonly inFeatures: number;
  readonly outFeatures: number;
  readonly rank: number;
  readonly alpha: number;
  /** s in y = W·x + s·B·A·x: alpha / rank, or alpha / √rank when rank-stabilised. */
  readonly scaling: number;
  /** Numbers in everything that is trained here; in both matrices of a linear layer: rank · (inFeatures + outFeatures). */
  readonly parameters: number;
  /** Names in an adapter file, without "base_model.model.", of both matrices. */
  readonly keys: { readonly a: string; readonly b: string };
  /** Shape in files of everything that is trained here, by name. */
  readonly fileShapes: ReadonlyMap<string, readonly number[]>;
}

/** One layer that will get a pair of matrices. */
export interface PlannedSite extends PlannedMatrices {
  readonly part: "site";
  readonly kind: "linear" | "embedding" | "convolution";
  readonly role: "body" | "input-embedding" | "output-head";
  /** Names of what variants have beside the pair, by variant. */
  readonly vectors: PlannedVectors;
  /** Path of the module that shares this layer's weight, if one does: such a layer cannot be merged alone. */
  readonly tiedWith?: string;
  /** Paths of the heads that share this embedding's pair (PEFT's `ensure_weight_tying`). */
  readonly sharedBy?: readonly string[];
}

/** Names in an adapter file of numbers beside a pair, one for each output, by the variant that has them. */
export type PlannedVectors = ReadonlyMap<VariantName, string>;

/**
 * An output head that shares the pair of the embedding whose table it shares (PEFT's `ensure_weight_tying`). In files A is the
 * embedding's B, and B its A; `parameters` counts what is its own.
 */
export interface PlannedTiedSite extends Omit<PlannedMatrices, "inFeatures" | "outFeatures" | "alpha"> {
  readonly part: "tied-site";
  /** Path of the embedding. */
  readonly sourcePath: string;
  readonly vectors: PlannedVectors;
}

/** One existing weight that the adapter brings a value of its own for, whole. */
export interface PlannedParameter {
  readonly part: "whole-parameter";
  /** transformers' parameter path. */
  readonly path: string;
  /** Name in an adapter file, without "base_model.model.". */
  readonly key: string;
  /** As computed with: [inFeatures, outFeatures] for a linear weight. */
  readonly shape: readonly number[];
  /** As files store it: torch's linear layers have the axes the other way round. */
  readonly fileShape: readonly number[];
  readonly parameters: number;
  /** "base-layer": PEFT stores the frozen weight of an adapted embedding too; it acts, but is not trained. */
  readonly reason: "saved-module" | "bias" | "base-layer";
  /**
   * Parameters that share this table and follow it. Files have them under names of their own where both are saved (PEFT's
   * `ensure_weight_tying`, `save_embedding_layers`), else not at all.
   */
  readonly followers?: readonly { readonly path: string; readonly key?: string }[];
  /** Names under which PEFT writes the value once more: those of a bias that two modules name. A file may lack them. */
  readonly copies?: readonly string[];
  /** Name under which PEFT writes a value of the same parameter that its model does not compute with, whatever it is. */
  readonly idleKey?: string;
}

/** One raw parameter that will get a pair (PEFT's `target_parameters`). `rank` is that of each expert's update. */
export interface PlannedRawParameter extends PlannedMatrices {
  readonly part: "raw-parameter";
  /** As computed with: a matrix, or [experts, outFeatures, inFeatures]. */
  readonly shape: readonly number[];
  /** 1 for a matrix. */
  readonly experts: number;
}

/** Rows of one table that will be trained (PEFT's `trainable_token_indices`). */
export interface PlannedTokenRows {
  readonly part: "token-rows";
  /** transformers' module path. */
  readonly path: string;
  /** Paths of the modules that share the table and follow. */
  readonly followers: readonly string[];
  readonly indices: readonly number[];
  readonly key: string;
  /** Names under which an adapter file repeats the rows: those of followers, where their table is saved, too. */
  readonly copies?: readonly string[];
  /** [tokens, width] */
  readonly shape: readonly [tokens: number, width: number];
  readonly parameters: number;
}

/** One thing that an adapter will change in a model. */
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
