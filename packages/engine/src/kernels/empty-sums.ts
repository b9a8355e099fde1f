// Sums over empty tensors: the result is zeros. tfjs-backend-wasm returns uninitialized memory, tfjs-backend-webgl divides by the
// number of entries, and tfjs-backend-webgpu binds an empty buffer, which its shader refuses: nothing is computed, and no error is
// thrown.

import * as tf from "@tensorflow/tfjs-core";
import { axesOf, booleanOf, numberOf } from "../gradients/attributes.ts";
import { inputOf, type Wrap } from "./wrap-kernels.ts";

interface Zeros {
  readonly shape: number[];
  readonly dtype: tf.DataType;
}

/** The zeros of a call; undefined if there is something to sum. */
type ZerosOf = (inputs: tf.NamedTensorInfoMap, attributes: tf.NamedAttrMap) => Zeros | undefined;

// Marked as pure, so that bundles without engines leave them out.
export const sumOfEmpty = /* @__PURE__ */ zerosWhere((inputs, attributes) => {
  const { shape, dtype } = inputOf(inputs, "x");
  if (!shape.includes(0)) return undefined;
  const axes = axesOf(attributes, "axis", shape);
  const full = shape.map((size, axis) => (axes.includes(axis) ? 1 : size));
  return { shape: booleanOf(attributes, "keepDims") ? full : full.filter((_, axis) => !axes.includes(axis)), dtype };
});

/** Matrices whose inner axis has no entries. */
export const productOfEmpty = /* @__PURE__ */ zerosWhere((inputs, attributes) => {
  const [a, b] = [inputOf(inputs, "a"), inputOf(inputs, "b")];
  const [rows = 0, inner = 0] = sides(a, booleanOf(attributes, "transposeA"));
  const [, columns = 0] = sides(b, booleanOf(attributes, "transposeB"));
  if (inner > 0) return undefined;
  const batch = tf.broadcast_util.assertAndGetBroadcastShape(a.shape.slice(0, -2), b.shape.slice(0, -2));
  return { shape: [...batch, rows, columns], dtype: tf.upcastType(a.dtype, b.dtype) };
});

/** Segments of a tensor without rows. */
export const segmentsOfEmpty = /* @__PURE__ */ zerosWhere((inputs, attributes) => {
  const { shape, dtype } = inputOf(inputs, "x");
  if (!shape.includes(0)) return undefined;
  return { shape: [numberOf(attributes, "numSegments"), ...shape.slice(1)], dtype };
});

/** Rows and columns of a matrix as it takes part in a product. */
function sides({ shape }: tf.TensorInfo, isTransposed: boolean): readonly number[] {
  return isTransposed ? shape.slice(-2).reverse() : shape.slice(-2);
}

function zerosWhere(zerosOf: ZerosOf): Wrap {
  return (original) => ({
    ...original,
    kernelFunc: (call) => {
      const zeros = zerosOf(call.inputs, call.attrs ?? {});
      return zeros === undefined ? original.kernelFunc(call) : tf.zeros(zeros.shape, zeros.dtype);
    },
  });
}
