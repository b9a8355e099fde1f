// A linear layer: output + s·(x·A)·B (Hu et al. 2021).

import { addLowRank } from "@lowrank/engine";
import { type DrawKey, normal, uniform } from "@lowrank/engine/internal";
import * as tf from "@tensorflow/tfjs-core";
import { plainLayout, transposedLayout } from "../update/file-layout.ts";
import { loraDelta } from "../update/low-rank-delta.ts";
import type { Layer, LayerKind, MatrixSpecs, SiteKind } from "./layer-kind.ts";

const parts = ["lora_A", "lora_B"] as const;

/** A is [inFeatures, rank], B [rank, outFeatures]. */
export const linear: SiteKind = {
  parts,
  refusal: () => null,
  specs: (layer, rank) => linearSpecs(parts, layer, rank),
  // B is zero at first, so that an untrained adapter does not change the model (paper, section 4.1).
  initialize: (init, { a, b, rank }) => [
    init === "gaussian" ? normally(a.shape, 1 / rank, a.key) : uniformly(a.shape, a.key),
    init === "random" ? uniformly(b.shape, b.key) : tf.zeros([...b.shape]),
  ],
  dropsInput: true,
  add: ({ input, output, dropout, mayReuseOutput = false }, { a, b }, scale) =>
    addLowRank(output, input, a, b, scale, { mayReuseOutput, dropout }),
  delta: loraDelta,
  rowSides: ({ a, b }, { fanInFanOut = false }) =>
    fanInFanOut
      ? { left: { tensor: a, layout: plainLayout }, right: { tensor: b, layout: plainLayout }, outputs: "columns" }
      : {
          left: { tensor: b, layout: transposedLayout },
          right: { tensor: a, layout: transposedLayout },
          outputs: "rows",
        },
  tokenAxis: 1,
  weightLayout: ({ fanInFanOut }) => (fanInFanOut ? plainLayout : transposedLayout),
  outputsInFile: ({ outFeatures }) => [outFeatures],
  problemOfMerging: () => null,
};

/** Specifications of A [inFeatures, columns] and B [columns, outFeatures], which files store transposed. */
export function linearSpecs(
  parts: LayerKind["parts"],
  { inFeatures, outFeatures, experts = 1 }: Layer,
  rank: number,
): MatrixSpecs {
  const columns = rank * experts;
  const layout = transposedLayout;
  return [
    { part: parts[0], shape: [inFeatures, columns], fileShape: [columns, inFeatures], layout },
    { part: parts[1], shape: [columns, outFeatures], fileShape: [outFeatures, columns], layout },
  ];
}

/** torch's `kaiming_uniform_` with a = √5: uniform in ±√(6/((1 + a²)·fanIn)) = ±1/√fanIn. */
function uniformly(shape: readonly [number, number], key: DrawKey): tf.Tensor {
  const bound = 1 / Math.sqrt(shape[0]);
  return tf.reshape(uniform(shape, -bound, bound, key), [...shape]);
}

/** From N(0, deviation²). */
export function normally(shape: readonly [number, number], deviation: number, key: DrawKey): tf.Tensor {
  return tf.reshape(normal(shape, 0, deviation, key), [...shape]);
}
