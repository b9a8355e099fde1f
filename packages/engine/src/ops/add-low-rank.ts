// The LoRA branch (Hu et al. 2021, section 4.1): output + s·(x·A)·B. Only x is saved, or the tensors from which it is computed. x·A is
// recomputed for the gradient of B: it costs rank/outFeatures of the frozen product, and would otherwise be saved for every site.

import * as tf from "@tensorflow/tfjs-core";
import { shapeError } from "../errors.ts";
import { runCustomKernel, runSingleOutputKernel } from "../kernels/custom-kernel.ts";
import { applyDropout, attributesOf } from "../kernels/drop-entries.ts";
import { linearProduct } from "../kernels/linear-product.ts";
import type { DropoutDraw } from "../random/masks/dropout-mask.ts";
import { checkLastAxis, flattenRows, matrix, unflattenRows } from "../rows.ts";
import { accumulates } from "../tape/accumulate.ts";
import { saveForBackward } from "../tape/recomputed-tensors.ts";
import { withGradients } from "../tape/with-gradients.ts";
import { checkRate } from "./dropout.ts";

/** Settings of `addLowRank`. */
export interface AddLowRankOptions {
  /** Whether the sum may reuse the memory of `output`. Only for an output that is not read afterwards. */
  readonly mayReuseOutput?: boolean;
  /** Dropout of x like in `dropout`; the gradient draws the same mask again. Absent: none. */
  readonly dropout?: DropoutDraw | undefined;
}

/**
 * output + scale·(x·A)·B for x [..., inFeatures], output [..., outFeatures], A [inFeatures, rank], B [rank, outFeatures].
 *
 * Differentiable for output, x, A and B. Throws SHAPE_MISMATCH, and ArgumentError unless 0 ≤ rate of dropout < 1.
 *
 * @example
 * ```ts
 * import { addLowRank } from "@lowrank/engine";
 * import "@tensorflow/tfjs-backend-cpu";
 * import * as tf from "@tensorflow/tfjs-core";
 *
 * const y = addLowRank(tf.zeros([5, 3]), tf.ones([5, 2]), tf.ones([2, 1]), tf.ones([1, 3]), 2); // every entry 4
 * ```
 */
export function addLowRank(
  output: tf.Tensor,
  x: tf.Tensor,
  a: tf.Tensor2D,
  b: tf.Tensor2D,
  scale: number,
  { mayReuseOutput = false, dropout }: AddLowRankOptions = {},
): tf.Tensor {
  matrix(a, "addLowRank's A");
  matrix(b, "addLowRank's B");
  checkLastAxis("addLowRank's x", x, a.shape[0]);
  const outputShape = [...x.shape.slice(0, -1), b.shape[1]];
  if (!tf.util.arraysEqual(output.shape, outputShape))
    throw shapeError("addLowRank's output", output.shape, `[${outputShape.join(", ")}]`);
  if (a.shape[1] !== b.shape[0]) throw shapeError("addLowRank's B", b.shape, `${a.shape[1]} rows, as A has columns`);
  if (dropout !== undefined) checkRate("addLowRank", dropout.rate);
  const draw = dropout !== undefined && dropout.rate > 0 ? dropout : undefined;
  const dropped = (input: tf.Tensor) => (draw === undefined ? input : applyDropout(input, draw));
  const attributes = { scale, ...(draw === undefined ? {} : attributesOf(draw)) };
  const savedX = saveForBackward(x);
  return withGradients<readonly [tf.Tensor2D, tf.Tensor2D, ...tf.Tensor[]]>({
    inputs: { output, x, a, b },
    forward: () => {
      const fused = runSingleOutputKernel("LowrankAddLowRank", { output, x, a, b }, { ...attributes, mayReuseOutput });
      if (fused !== undefined) return { value: fused, saved: [a, b, ...savedX.saved] };
      const narrow = tf.mul(tf.matMul(flattenRows(dropped(x)), a), scale); // [rows, rank]
      return { value: tf.add(output, unflattenRows(tf.matMul(narrow, b), x)), saved: [a, b, ...savedX.saved] };
    },
    backward: (dy, [a, b, ...saved]) => {
      const x = savedX.restore(saved);
      const fused = runCustomKernel("LowrankAddLowRankGradient", { dy, x, a, b }, attributes);
      const dyRows = () => flattenRows(dy); // [rows, outFeatures]
      // The gradient of scale·x·A, [rows, rank].
      const narrow = matrix(fused?.[0] ?? tf.tidy(() => tf.mul(tf.matMul(dyRows(), b, false, true), scale)));
      const product = (term?: tf.Tensor) =>
        tf.reshape(linearProduct({ x: narrow, matrix: a, isTransposed: true, term }), x.shape);
      const forX = accumulates((soFar) => {
        if (draw === undefined) return product(soFar);
        const terms = soFar === undefined ? {} : { term: soFar };
        const fusedForX = runSingleOutputKernel("LowrankDroppedLowRankGradient", { narrow, a, ...terms }, attributes);
        if (fusedForX !== undefined) return tf.reshape(fusedForX, x.shape);
        return tf.tidy(() => applyDropout(product(), draw, soFar));
      });
      const [, forA, forB] = fused ?? [];
      if (forA !== undefined && forB !== undefined)
        return { output: () => tf.clone(dy), x: forX, a: () => tf.clone(forA), b: () => tf.clone(forB) };
      const droppedX = dropped(x);
      return {
        output: () => tf.clone(dy),
        x: forX,
        a: () => tf.matMul(flattenRows(droppedX), narrow, true, false),
        b: () => tf.matMul(tf.mul(tf.matMul(flattenRows(droppedX), a), scale), dyRows(), true, false),
      };
    },
  });
}
