// What the comparisons need of a model: our own models have it, and the small nets of the fixtures too.

import { type LoraConfig, layerOrderOf } from "@lowrank/adapter-format";
import type { AdaptableModel, ForwardContext } from "@lowrank/contracts";
import { type LabelledInputs, loadModel } from "@lowrank/models";
import { openFolder } from "@lowrank/models/node";
import type * as tf from "@tensorflow/tfjs-core";
import { loadNet } from "./nets/load-net.ts";

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
  dispose(): void;
}

/** The model that a configuration is for: the base, or one that repeats its layers. The caller disposes of both. */
export function withLayersOf(base: ParityModel, config: LoraConfig): ParityModel {
  const order = layerOrderOf(config);
  if (order === null) return base;
  if (base.withLayers === undefined) throw new TypeError("This model cannot repeat its layers.");
  return base.withLayers(order);
}

/** The model in a folder: one of transformers' families, or one of the fixtures' own nets. */
export async function loadParityModel(folder: string): Promise<ParityModel> {
  return (await loadNet(folder)) ?? (await loadModel(openFolder(folder)));
}
