// Any layer: runs the layer's own call with adapted weights. The update is computed once in a call, also if the layer uses the weight
// at every step of a sequence.

import * as tf from "@tensorflow/tfjs-core";
import type { WeightView } from "../../hook-points/host-weight.ts";
import type { LayerVariable, Tensors } from "../foreign-layer.ts";
import type { LayerCall, LayerKind, SiteOutline } from "../layer-kind.ts";
import { type TemporaryValue, withValues } from "../temporary-values.ts";

export const genericLayer: LayerKind = {
  outlines: (_layer, variables) => [...variables].flatMap(([name, variable]) => matrixOutline(name, variable)),
  call: callWithAdaptedWeights,
};

/** The stored layout. */
export function plainView(shape: readonly number[]): WeightView {
  return { shape, toView: (stored) => tf.clone(stored), fromView: (view) => tf.clone(view) };
}

/** Transposes the axes to an order, and reshapes. */
export function matrixView(shape: readonly number[], order: readonly number[], matrix: readonly number[]): WeightView {
  const reordered = order.map((axis) => shape[axis]!);
  const back = order.map((_, axis) => order.indexOf(axis));
  const isInOrder = order.every((axis, position) => axis === position);
  return {
    shape: matrix,
    toView: (stored) => tf.tidy(() => tf.reshape(isInOrder ? stored : tf.transpose(stored, [...order]), [...matrix])),
    fromView: (view) =>
      tf.tidy(() => {
        const lifted = tf.reshape(view, reordered);
        return isInOrder ? lifted : tf.transpose(lifted, back);
      }),
  };
}

/** A weight as a matrix, with its last axis as outputs. */
function matrixOutline(name: string, variable: LayerVariable): readonly SiteOutline[] {
  const { shape, dtype } = variable.read();
  if (shape.length < 2 || dtype !== "float32") return [];
  const outFeatures = shape.at(-1)!;
  const matrix = [shape.slice(0, -1).reduce((product, size) => product * size, 1), outFeatures];
  const order = shape.map((_, axis) => axis);
  return [{ kind: "linear", weight: name, view: matrixView(shape, order, matrix) }];
}

export function callWithAdaptedWeights(call: LayerCall): Tensors {
  const temporaryValues = temporaryValuesOf(call);
  return withValues(temporaryValues, () => call.original(call.inputs, call.settings));
}

/** The adapted or overridden weights of the layer in this call. */
export function temporaryValuesOf({ parameters, sites, context }: LayerCall): readonly TemporaryValue[] {
  return parameters.flatMap(({ variable, parameter }): readonly TemporaryValue[] => {
    const site = sites.find(({ weight }) => weight === parameter);
    const value = site?.isAdapted(context) ? site.adaptedWeight(context) : parameter.overrideFor(context);
    return value === undefined ? [] : [[variable, parameter.weight.view.fromView(value)]];
  });
}
