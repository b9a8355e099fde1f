// What the comparisons need of a model: our own models have it, and the small nets of the fixtures too.

import type { Adapter, LoraConfig } from "@lowrank/adapter-format";
import { layerOrderOf } from "@lowrank/adapter-format/internal";
import type { AdaptableModel, ForwardContext } from "@lowrank/contracts";
import { vocabularyOf } from "@lowrank/inject/internal";
import type { LabelledInputs } from "@lowrank/models/internal";
import type * as tf from "@tensorflow/tfjs-core";

/** A batch of any fixture. */
export interface ParityInputs extends LabelledInputs {
  /** float32 [batch, features]: what a net without tokens or images reads. */
  readonly features?: tf.Tensor2D;
}

/** A model of any fixture. */
export interface ParityModel extends AdaptableModel {
  forward(inputs: ParityInputs, context: ForwardContext): tf.Tensor;
  loss(inputs: ParityInputs, context: ForwardContext): tf.Scalar;
  withLayers?(order: readonly number[]): ParityModel;
  withVocabulary?(size: number): ParityModel;
  dispose(): void;
}

/** The model that a configuration is for: the base, or one that repeats its layers. The caller disposes of both. */
export function withLayersOf(base: ParityModel, config: LoraConfig): ParityModel {
  const order = layerOrderOf(config);
  if (order === null) return base;
  if (base.withLayers === undefined) throw new TypeError("This model cannot repeat its layers.");
  return base.withLayers(order);
}

/** The base with as many tokens as an adapter's tables have. The caller disposes of the result alone. */
export function withVocabularyOf(base: ParityModel, adapter: Adapter): ParityModel {
  const vocabulary = base.withVocabulary === undefined ? undefined : vocabularyOf(base, adapter);
  if (vocabulary === undefined || base.withVocabulary === undefined) return base;
  try {
    return base.withVocabulary(vocabulary.size);
  } finally {
    base.dispose();
  }
}
