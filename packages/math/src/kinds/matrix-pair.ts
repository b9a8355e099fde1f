// What kinds whose pair is two matrices have in common, and how values are drawn.

import { type DrawKey, normal, uniform } from "@lowrank/engine";
import * as tf from "@tensorflow/tfjs-core";
import { transposedLayout } from "../update/file-layout.ts";
import type { Layer, LayerKind, PairSpec } from "./layer-kind.ts";

/** A [inFeatures, columns] and B [columns, outFeatures], which files keep the other way round. */
export function matrixPair(
  parts: LayerKind["parts"],
  { inFeatures, outFeatures, experts = 1 }: Layer,
  rank: number,
): PairSpec {
  const columns = rank * experts;
  const layout = transposedLayout;
  return [
    { part: parts[0], shape: [inFeatures, columns], fileShape: [columns, inFeatures], layout },
    { part: parts[1], shape: [columns, outFeatures], fileShape: [outFeatures, columns], layout },
  ];
}

/** torch's `kaiming_uniform_` with a = √5: even on ±√(6/((1 + a²)·fanIn)) = ±1/√fanIn. */
export function evenly(shape: readonly [number, number], key: DrawKey): tf.Tensor {
  const bound = 1 / Math.sqrt(shape[0]);
  return tf.reshape(uniform(shape, -bound, bound, key), [...shape]);
}

/** From N(0, deviation²). */
export function normally(shape: readonly [number, number], deviation: number, key: DrawKey): tf.Tensor {
  return tf.reshape(normal(shape, 0, deviation, key), [...shape]);
}
