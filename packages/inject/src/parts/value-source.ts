// The source of an adapter's first values: a new adapter's, or those of a file.

import type { VariantName } from "@lowrank/adapter-format/internal";
import type { Site } from "@lowrank/contracts";
import type { ParameterRef } from "@lowrank/contracts/internal";
import type { LoraMatrices } from "@lowrank/math";
import type * as tf from "@tensorflow/tfjs-core";
import type { PlannedParameter, PlannedRawParameter, PlannedSite, PlannedTokenRows } from "../planned/planned-parts.ts";
import type { NewVector } from "../variants/variant.ts";

export type VectorLayer = Omit<NewVector, "init" | "seed">;

interface PlannedVector {
  readonly variant: VariantName;
  readonly key: string;
}

/** The source of an adapter's first values. The caller owns them. */
export interface ValueSource {
  /** `name` is unique among all variables of the program. */
  lora(entry: PlannedSite, name: string, site: Site): LoraMatrices;
  /** The additional vector of a variant, [outFeatures]. */
  vector(planned: PlannedVector, layer: VectorLayer): tf.Tensor;
  /** A and B for a parameter that belongs to no module (PEFT's `target_parameters`). */
  parameterLora(planned: PlannedRawParameter, name: string): LoraMatrices;
  /** A parameter that is trained in full or saved, in the layout of memory. */
  parameterCopy(planned: PlannedParameter, parameter: ParameterRef): tf.Tensor;
  /** [tokens, width] */
  rows(planned: PlannedTokenRows, site: Site): tf.Tensor2D;
}
