// The parts of TensorFlow.js' layers that all classes share. Structural types, so that any copy of tfjs-layers fits.

import type * as tf from "@tensorflow/tfjs-core";

export type Tensors = tf.Tensor | tf.Tensor[];

/** Arguments that tfjs-layers passes with each call; `training` is true in `fit`. */
export type CallSettings = Record<string, unknown>;

/** A weight of a layer. tfjs-layers reads it again in every call. */
export interface LayerVariable {
  /** "dense_1/kernel" */
  readonly originalName: string;
  read(): tf.Tensor;
}

/** A layer, a wrapper of one, or a model in a model. */
export interface ForeignLayer {
  readonly name: string;
  readonly weights: readonly LayerVariable[];
  call(inputs: Tensors, settings: CallSettings): Tensors;
  getClassName(): string;
  getConfig(): object;
}

export function isLayer(value: unknown): value is ForeignLayer {
  return (
    typeof value === "object" && value !== null && "call" in value && "getClassName" in value && "inboundNodes" in value
  );
}

/** The layers of a model or an inner model; undefined for a plain layer. */
export function layersOf(layer: ForeignLayer): readonly ForeignLayer[] | undefined {
  const layers: unknown = "layers" in layer ? layer.layers : undefined;
  return Array.isArray(layers) ? layers.filter(isLayer) : undefined;
}

/** The name of a weight in its layer: "kernel". */
export function lastName({ originalName }: LayerVariable): string {
  return originalName.slice(originalName.lastIndexOf("/") + 1);
}

/** A layer's activation, an object that the layer reads in every call. */
export interface Activation {
  apply(x: tf.Tensor): tf.Tensor;
  getClassName(): string;
}

export function activationOf(layer: ForeignLayer): Activation | undefined {
  const found: unknown = "activation" in layer ? layer.activation : undefined;
  return isActivation(found) ? found : undefined;
}

function isActivation(value: unknown): value is Activation {
  return typeof value === "object" && value !== null && "apply" in value && "getClassName" in value;
}

/** A field of a layer's configuration that is a list of numbers. */
export function numbersIn(layer: ForeignLayer, field: string): readonly number[] {
  const value = fieldOf(layer, field);
  if (typeof value === "number") return [value];
  return Array.isArray(value) ? value.filter((entry) => typeof entry === "number") : [];
}

export function fieldOf(layer: ForeignLayer, field: string): unknown {
  let config = configs.get(layer);
  if (config === undefined) {
    config = new Map(Object.entries(layer.getConfig()));
    configs.set(layer, config);
  }
  return config.get(field);
}

/** Cached, because a configuration never changes and is read in every call. */
const configs = new WeakMap<ForeignLayer, ReadonlyMap<string, unknown>>();

/** The tensor of a layer with one input. */
export function onlyTensor(tensors: Tensors): tf.Tensor {
  const [first] = Array.isArray(tensors) ? tensors : [tensors];
  if (first === undefined) throw new TypeError("A layer was called without an input.");
  return first;
}
