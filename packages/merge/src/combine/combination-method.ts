// What every way to combine adapters has in common.

import type { Matrix } from "@lowrank/math";

/** One adapter's pair at one layer. */
export interface WeightedMatrices {
  /** [rank, inFeatures] */
  readonly a: Matrix;
  /** [outFeatures, rank] */
  readonly b: Matrix;
  /** What the caller gives the adapter. */
  readonly weight: number;
  /** s, by which the adapter's own configuration multiplies B·A. */
  readonly scaling: number;
  /** Position of the adapter in the caller's list. */
  readonly adapter: number;
}

/** A low-rank update B·A, to be used with scaling 1. */
export interface Factors {
  /** [rank, inFeatures] */
  readonly a: Matrix;
  /** [outFeatures, rank] */
  readonly b: Matrix;
}

/** Which numbers a mask is for. */
export interface MaskRequest {
  /** Module path of the layer. */
  readonly path: string;
  readonly part: "A" | "B" | "product";
  /** Position of the adapter in the caller's list. */
  readonly adapter: number;
  readonly rows: number;
  readonly columns: number;
  /** With which probability each entry stays, row by row; absent: the density, for all. */
  readonly probabilities?: ArrayLike<number>;
}

/** How the sign of a group of numbers is decided: by their sum, or by how many there are of each. */
export type MajoritySign = "total" | "frequency";

/** What a method may need besides the pairs. */
export interface MethodSettings {
  readonly path: string;
  /** The result's rank, where the method lets it be chosen. */
  readonly rank: number;
  /** Share of entries that stay. */
  readonly density: number;
  /** How far probabilities of staying are from the density at most. */
  readonly epsilon: number;
  /** Share of the largest entries that go. */
  readonly gamma: number;
  readonly majoritySign: MajoritySign;
  /** Quantile at which the factors of a decomposition are cut off, if they are. */
  readonly clamp: number | null;
  /** 1 where an entry stays, 0 where it is dropped, row by row. */
  mask(request: MaskRequest): ArrayLike<number>;
  /** Factors whose signs those of a decomposition shall follow; their product is the same either way. */
  readonly signs: Factors | null;
}

/** One way to combine adapters. */
export interface CombinationMethod {
  /** As PEFT's `combination_type` names it. */
  readonly name: string;
  /** The paper, or what is imitated. */
  readonly source: string;
  /** The rank of the result: that which all adapters share, the sum of theirs, or one to choose. */
  readonly rank: "shared" | "sum" | "chosen";
  /** Whether it drops entries, for which it needs a density. */
  readonly isSparse: boolean;
  /** Whether it leads from one adapter to another, in proportion to their weights. */
  readonly isBetweenTwo?: true;
  /** The combined update of one layer. */
  combine(matrices: readonly WeightedMatrices[], settings: MethodSettings): Factors;
}
