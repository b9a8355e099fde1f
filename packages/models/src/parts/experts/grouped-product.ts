// Multiplies each expert's rows by its matrix. If the stack is not trained, the gradient only needs the stack itself. Experts
// without rows are not read.

import * as tf from "@tensorflow/tfjs-core";
import type { ExpertRows } from "./route-tokens.ts";

export interface ExpertStack {
  /** [experts, outFeatures, inFeatures] */
  readonly matrices: tf.Tensor3D;
  /** True for [experts, inFeatures, outFeatures]. */
  readonly isInOut: boolean;
  /** Whether the matrices get a gradient. */
  readonly isTrained: boolean;
}

/** x [rows, inFeatures], sorted by expert according to `groups` → [rows, outFeatures] */
export function groupedProduct(x: tf.Tensor2D, groups: readonly ExpertRows[], stack: ExpertStack): tf.Tensor2D {
  const { isInOut, isTrained } = stack;
  const product = (rows: tf.Tensor2D, matrices: tf.Tensor3D, transposes: boolean) =>
    byGroup(rows, groups, (expertRows, expert) => tf.matMul(expertRows, matrixOf(matrices, expert), false, transposes));
  if (!isTrained) {
    const { matrices } = stack;
    const frozen = tf.customGrad((rows) => ({
      value: product(rows as tf.Tensor2D, matrices, !isInOut),
      gradFunc: (dy: tf.Tensor) => [product(dy as tf.Tensor2D, matrices, isInOut)],
    }));
    return frozen(x) as tf.Tensor2D;
  }
  const trained = tf.customGrad((...inputs) => {
    const save = inputs.pop() as unknown as tf.GradSaveFunc;
    const [rows, matrices] = inputs as [tf.Tensor2D, tf.Tensor3D];
    save([rows, matrices]);
    return {
      value: product(rows, matrices, !isInOut),
      gradFunc: (dy: tf.Tensor, saved: tf.Tensor[]) => {
        const [savedRows, stacked] = saved as [tf.Tensor2D, tf.Tensor3D];
        const dRows = product(dy as tf.Tensor2D, stacked, isInOut);
        return [dRows, gradientOfStack({ x: savedRows, dy: dy as tf.Tensor2D, groups, isInOut, shape: stacked.shape })];
      },
    };
  });
  return trained(x, stack.matrices) as tf.Tensor2D;
}

/** [experts, …]; 0 for experts without rows. */
function gradientOfStack(terms: {
  readonly x: tf.Tensor2D;
  readonly dy: tf.Tensor2D;
  readonly groups: readonly ExpertRows[];
  readonly isInOut: boolean;
  readonly shape: readonly number[];
}): tf.Tensor {
  const { groups, isInOut, shape } = terms;
  const [experts = 0, ...matrix] = shape;
  const [left, right] = isInOut ? [terms.x, terms.dy] : [terms.dy, terms.x];
  const [lefts, rights] = [rowsOf(left, groups), rowsOf(right, groups)];
  const gradients = new Map(
    groups.map(({ expert }, index) => [
      expert,
      tf.matMul(lefts[index] as tf.Tensor2D, rights[index] as tf.Tensor2D, true),
    ]),
  );
  const none = tf.zeros(matrix);
  return tf.stack(Array.from({ length: experts }, (_, expert) => gradients.get(expert) ?? none));
}

/** Computes each expert's rows by themselves. */
function byGroup(
  x: tf.Tensor2D,
  groups: readonly ExpertRows[],
  compute: (rows: tf.Tensor2D, expert: number) => tf.Tensor2D,
): tf.Tensor2D {
  const parts = rowsOf(x, groups).map((rows, index) => compute(rows, groups[index]?.expert ?? 0));
  return parts.length === 1 ? (parts[0] as tf.Tensor2D) : tf.concat(parts, 0);
}

function rowsOf(x: tf.Tensor2D, groups: readonly ExpertRows[]): readonly tf.Tensor2D[] {
  if (groups.length === 1) return [x];
  return tf.split(
    x,
    groups.map(({ rows }) => rows),
    0,
  );
}

function matrixOf(matrices: tf.Tensor3D, expert: number): tf.Tensor2D {
  const [, rows, columns] = matrices.shape;
  return tf.reshape(tf.slice(matrices, [expert, 0, 0], [1, rows, columns]), [rows, columns]);
}
