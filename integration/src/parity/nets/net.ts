// A small classifier put together by hand from the sites that `@lowrank/models` offers.

import type { AdaptableModel, ForwardContext, Site } from "@lowrank/contracts";
import type { ParameterRef } from "@lowrank/contracts/internal";
import { crossEntropy } from "@lowrank/engine";
import { ConvolutionSite, EmbeddingSite, LinearSite, type Part } from "@lowrank/engine/hook-points";
import type { FixtureTensor } from "@lowrank/testing";
import * as tf from "@tensorflow/tfjs-core";
import type { ParityInputs, ParityModel } from "../parity-model.ts";

/** Logits [batch, classes] of a batch. */
export type Forward = (inputs: ParityInputs, context: ForwardContext) => tf.Tensor;

/** A net's weights by name; their shapes determine its size. */
export type Weights = ReadonlyMap<string, FixtureTensor>;

/** What the fixtures' nets have in their config.json. */
export interface NetConfig {
  readonly model_type?: string;
  /** What the net computes, in words. */
  readonly doc?: string;
  /** Whether transformers would mark the experts as stored [experts, in, out]. */
  readonly is_transposed?: boolean;
}

/** A net: its parts in module order, and its forward pass. Its loss is the mean cross-entropy. */
export class Net implements ParityModel, AdaptableModel {
  /** Fills the parts from `weights`, each of which must be used. */
  constructor(
    readonly parts: readonly Part[],
    weights: Weights,
    private readonly compute: Forward,
  ) {
    const unused = new Set(weights.keys());
    for (const slot of parts.flatMap((part) => part.slots)) {
      const { shape, values } = weightOf(weights, slot.path);
      slot.fill(tf.tensor(values, [...shape]));
      unused.delete(slot.path);
    }
    if (unused.size > 0) throw new Error(`The net has no place for ${[...unused].join(", ")}.`);
  }

  sites(): readonly Site[] {
    return this.parts.filter(
      (part): part is ConvolutionSite | EmbeddingSite | LinearSite =>
        part instanceof ConvolutionSite || part instanceof EmbeddingSite || part instanceof LinearSite,
    );
  }

  parameters(): readonly ParameterRef[] {
    return this.parts.flatMap((part) => part.parameters());
  }

  forward(inputs: ParityInputs, context: ForwardContext): tf.Tensor {
    return tf.tidy(() => this.compute(inputs, context));
  }

  loss(inputs: ParityInputs, context: ForwardContext): tf.Scalar {
    return tf.tidy(() => {
      const logits = this.forward(inputs, context) as tf.Tensor2D;
      const labels = tf.cast(tf.reshape<tf.Rank.R1>(inputs.labels, [inputs.labels.size]), "int32");
      return tf.reshape<tf.Rank.R0>(crossEntropy(logits, labels, "mean"), []);
    });
  }

  dispose(): void {
    for (const part of this.parts) part.dispose();
  }
}

/** A weight that must be there. */
export function weightOf(weights: Weights, name: string): FixtureTensor {
  const found = weights.get(name);
  if (!found) throw new Error(`The net's file has no "${name}".`);
  return found;
}

/** A linear layer as large as its weight (outFeatures, inFeatures). */
export function linearOf(weights: Weights, path: string): LinearSite {
  const [outFeatures = 0, inFeatures = 0] = weightOf(weights, `${path}.weight`).shape;
  return new LinearSite({ path, inFeatures, outFeatures, bias: weights.has(`${path}.bias`) });
}

/** An input that the net reads. */
export function required<T>(value: T | undefined, name: string): T {
  if (value === undefined) throw new Error(`The net reads ${name}, which the batch does not have.`);
  return value;
}
