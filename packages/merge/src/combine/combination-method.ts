// The interface of all methods that combine adapters.

import type { Matrix } from "@lowrank/math";

/** A and B of one adapter at one layer. */
export interface WeightedLora {
  /** [rank, inFeatures] */
  readonly a: Matrix;
  /** [outFeatures, rank] */
  readonly b: Matrix;
  /** The caller's weight of the adapter. */
  readonly weight: number;
  /** The scaling s of B·A, from the adapter's configuration. */
  readonly scaling: number;
  /** Index of the adapter in the caller's list. */
  readonly adapter: number;
}

/** A low-rank update B·A, to be used with scaling 1. */
export interface Factors {
  /** [rank, inFeatures] */
  readonly a: Matrix;
  /** [outFeatures, rank] */
  readonly b: Matrix;
}

/** The matrix for which a mask is drawn. */
export interface MaskRequest {
  /** Module path of the layer. */
  readonly path: string;
  readonly part: "A" | "B" | "product";
  /** Position of the adapter in the caller's list. */
  readonly adapter: number;
  readonly rows: number;
  readonly columns: number;
  /** Probability of keeping each entry, row by row. Absent: the density for all entries. */
  readonly probabilities?: ArrayLike<number>;
}

/** How the sign of a group of numbers is elected: by their sum, or by majority. */
export type MajoritySign = "total" | "frequency";

export interface MethodSettings {
  readonly path: string;
  /** The result's rank, for methods with a chosen rank. */
  readonly rank: number;
  /** Share of entries that are kept. */
  readonly density: number;
  /** Largest difference of keep probabilities from the density. */
  readonly epsilon: number;
  /** Share of the largest entries that are dropped. */
  readonly gamma: number;
  readonly majoritySign: MajoritySign;
  /** Quantile at which A and B of a decomposition are clamped; null for no clamping. */
  readonly clamp: number | null;
  /** 1 to keep an entry, 0 to drop it, row by row. */
  mask(request: MaskRequest): ArrayLike<number>;
  /** Factors that decide the signs of a decomposition. The product does not depend on them. */
  readonly signs: Factors | null;
}

/** A method that combines adapters. */
export interface CombinationMethod {
  /** As PEFT's `combination_type` names it. */
  readonly name: string;
  /** The paper or program that it follows. */
  readonly source: string;
  /** The rank of the result: the adapters' common rank, the sum of their ranks, or a chosen one. */
  readonly rank: "shared" | "sum" | "chosen";
  /** Whether it drops entries. If so, it needs a density. */
  readonly isSparse: boolean;
  /** Whether it interpolates between two adapters, in proportion to their weights. */
  readonly isBetweenTwo?: true;
  /** The combined update of one layer. */
  combine(loras: readonly WeightedLora[], settings: MethodSettings): Factors;
}
