// Convolution with everything torch's has: stride, zero padding, dilation, groups. tfjs has no groups, and no backend has
// the gradient of a dilated convolution; both are put together from plain convolutions here, exactly.

import type { ConvolutionGeometry } from "@lowrank/contracts/internal";
import * as tf from "@tensorflow/tfjs-core";
import { shapeError } from "../errors.ts";
import { requireAlive } from "../kernels/require-alive.ts";
import { spreadAxis } from "../spread-axis.ts";

/**
 * Convolves x [batch, height, width, inFeatures] with a filter [kernelHeight, kernelWidth, inFeatures/groups,
 * outFeatures]; returns [batch, newHeight, newWidth, outFeatures].
 *
 * Differentiable for x and the filter. Throws SHAPE_MISMATCH.
 */
export function convolve(x: tf.Tensor, filter: tf.Tensor, geometry: ConvolutionGeometry): tf.Tensor {
  requireAlive({ x, filter });
  const { groups } = geometry;
  const [, , perGroup = 0, outFeatures = 0] = filter.shape;
  if (x.rank !== 4 || x.shape[3] !== perGroup * groups)
    throw shapeError("convolve's x", x.shape, `[batch, height, width, ${perGroup * groups}]`);
  if (filter.rank !== 4 || outFeatures % groups !== 0)
    throw shapeError("convolve's filter", filter.shape, `four axes, the last a multiple of ${groups}`);
  return tf.tidy(() => {
    const padded = padBorders(x, geometry);
    const dense = spreadKernel(filter, geometry.dilations);
    if (groups === 1) return plain(padded, dense, geometry);
    const inputs = tf.split(padded, groups, 3);
    const filters = tf.split(dense, groups, 3);
    return tf.concat(
      inputs.map((input, group) => plain(input, filters[group]!, geometry)),
      3,
    );
  });
}

function plain(x: tf.Tensor, filter: tf.Tensor, { strides }: ConvolutionGeometry): tf.Tensor {
  // Ranks were checked above.
  return tf.conv2d(x as tf.Tensor4D, filter as tf.Tensor4D, [strides[0], strides[1]], "valid");
}

function padBorders(x: tf.Tensor, { padding: [rows, columns] }: ConvolutionGeometry): tf.Tensor {
  if (rows === 0 && columns === 0) return x;
  return tf.pad(x, [
    [0, 0],
    [rows, rows],
    [columns, columns],
    [0, 0],
  ]);
}

/** A dilated kernel is a larger one with zeros between its entries. */
function spreadKernel(filter: tf.Tensor, [down, across]: readonly [number, number]): tf.Tensor {
  return spreadAxis(spreadAxis(filter, 0, down), 1, across);
}
