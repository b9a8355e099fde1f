// What a plan must know of a weight that it multiplies by.

import type * as tf from "@tensorflow/tfjs-core";
import type { BlockMatrix } from "../packed/packed-matrix.ts";

/** A matrix as a plan's graph multiplies by it: x·Mᵀ for blocks, and x times a weight in 8 bits by its number. */
export type StepFactor =
  /** `isTransposed`: for Wᵀ, [outFeatures, inFeatures]. */
  | { readonly kind: "float32"; readonly matrix: tf.Tensor2D; readonly isTransposed: boolean }
  | { readonly kind: "blocks"; readonly matrix: BlockMatrix }
  | { readonly kind: "int8"; readonly weight: number };

/** A weight that may be part of a plan, as `FrozenWeight` is. */
export interface StepWeight {
  readonly outFeatures: number;
  /** Absent where no graph can take it. */
  readonly stepFactor: StepFactor | undefined;
  /** The matrix as it lies in memory, if that is one float32 tensor. */
  readonly stored: object | undefined;
  /** Has something disposed of with the weight that was made of it. */
  owns(made: { dispose(): void }): void;
}
