// What a plan must know of a weight that it multiplies by.

import type * as tf from "@tensorflow/tfjs-core";
import type { BlockMatrix } from "../packed/packed-matrix.ts";

/** A matrix as a plan's graph multiplies by it: x·Mᵀ for blocks, and x times a weight in 8 bits by its number. */
export type StepFactor =
  /** `isTransposed`: for Wᵀ, [outFeatures, inFeatures]. `mayRound`: to 8 bits, for what is multiplied by it now. */
  | {
      readonly kind: "float32";
      readonly matrix: tf.Tensor2D;
      readonly isTransposed: boolean;
      readonly mayRound: boolean;
    }
  | { readonly kind: "blocks"; readonly matrix: BlockMatrix }
  | { readonly kind: "int8"; readonly weight: number };

/** A weight that may be part of a plan, as `FrozenWeight` is. */
export interface StepWeight {
  readonly outFeatures: number;
  /** Absent where no graph can take it. */
  readonly stepFactor: StepFactor | undefined;
  /** Has something disposed of with the weight that was made of it, or when another takes its place under the name. */
  owns(name: string, made: { dispose(): void }): void;
}
