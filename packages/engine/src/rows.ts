// Products run fastest on matrices, so operations flatten every leading axis into rows first.

import * as tf from "@tensorflow/tfjs-core";
import { shapeError } from "./errors.ts";

/** Numbers in a tensor of this shape. */
export function sizeOf(shape: readonly number[]): number {
  let size = 1;
  for (const axis of shape) size *= axis;
  return size;
}

/** Size of a tensor's last axis. */
export function lastAxis(x: tf.Tensor): number {
  return x.shape[x.rank - 1] ?? 1;
}

/** Views [..., features] as [rows, features]. */
export function flattenRows(x: tf.Tensor): tf.Tensor2D {
  const features = lastAxis(x);
  return tf.reshape<tf.Rank.R2>(x, [features === 0 ? 0 : x.size / features, features]);
}

/** Views [rows, features] with the leading axes of `like`. */
export function unflattenRows(rows: tf.Tensor, like: tf.Tensor): tf.Tensor {
  return tf.reshape(rows, [...like.shape.slice(0, -1), lastAxis(rows)]);
}

/** Throws unless the last axis of `x` has `size` entries. */
export function checkLastAxis(where: string, x: tf.Tensor, size: number): void {
  if (x.rank === 0 || lastAxis(x) !== size) throw shapeError(where, x.shape, `a last axis of ${size}`);
}

/** Throws unless `x` has the one axis [size]. */
export function checkVector(where: string, x: tf.Tensor, size: number): void {
  if (x.rank !== 1 || x.shape[0] !== size) throw shapeError(where, x.shape, `[${size}]`);
}

/** The same tensor, known to be a matrix. Throws SHAPE_MISMATCH. */
export function matrix(x: tf.Tensor, where = "A product"): tf.Tensor2D {
  if (!isMatrix(x)) throw shapeError(where, x.shape, "a matrix");
  return x;
}

function isMatrix(x: tf.Tensor): x is tf.Tensor2D {
  return x.rank === 2;
}
