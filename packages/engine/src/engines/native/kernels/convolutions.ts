// Convolutions and both their gradients as matrix products: the pixels that each output pixel sees are laid out as a row
// ("im2col"), so that a convolution is rows times filter. Groups and other layouts are left to tfjs-backend-cpu.

import * as tf from "@tensorflow/tfjs-core";
import { numbersOf } from "../../../gradients/attributes.ts";
import { type Geometry, geometryOf, visitTap } from "../../../kernels/convolution-geometry.ts";
import { sizeOf } from "../../../rows.ts";
import { areFloats, inputOf, type KernelCall, registerNativeKernel } from "./native-kernel.ts";
import { multiply } from "./products.ts";

export function registerConvolutions(): void {
  registerNativeKernel("Conv2D", (call) => {
    const [x, filter] = [inputOf(call, "x"), inputOf(call, "filter")];
    const geometry = plainGeometry(call, x.shape, filter.shape, [x, filter]);
    if (geometry === undefined) return undefined;
    const { backend } = call;
    const patch = seenPixels(call, backend.floats(x), geometry);
    const kernel = { values: backend.floats(filter), shape: filterMatrix(geometry), isTransposed: false };
    const values = multiply(backend, patch, kernel, [patch.shape[0], geometry.outChannels]);
    if (patch.isOwn) backend.pool.give(patch.values);
    return backend.output(geometry.outShape, values);
  });
  registerNativeKernel("Conv2DBackpropFilter", (call) => {
    const [x, dy] = [inputOf(call, "x"), inputOf(call, "dy")];
    const geometry = plainGeometry(call, x.shape, numbersOf(call.attributes, "filterShape"), [x, dy]);
    if (geometry === undefined || !tf.util.arraysEqual(dy.shape, geometry.outShape)) return undefined;
    const { backend } = call;
    const patch = seenPixels(call, backend.floats(x), geometry);
    const gradient = { values: backend.floats(dy), shape: [patch.shape[0], geometry.outChannels], isTransposed: false };
    const values = multiply(backend, { ...patch, isTransposed: true }, gradient, filterMatrix(geometry));
    if (patch.isOwn) backend.pool.give(patch.values);
    return backend.output(geometry.filterShape, values);
  });
  registerNativeKernel("Conv2DBackpropInput", (call) => {
    const [dy, filter] = [inputOf(call, "dy"), inputOf(call, "filter")];
    const inputShape = numbersOf(call.attributes, "inputShape");
    const geometry = plainGeometry(call, inputShape, filter.shape, [dy, filter]);
    if (geometry === undefined || !tf.util.arraysEqual(dy.shape, geometry.outShape)) return undefined;
    const { backend } = call;
    const [rows, columns] = [pixelsOf(geometry), sizeOf(filter.shape.slice(0, 3))];
    const gradient = { values: backend.floats(dy), shape: [rows, geometry.outChannels], isTransposed: false };
    const kernel = { values: backend.floats(filter), shape: filterMatrix(geometry), isTransposed: true };
    const patchGradients = multiply(backend, gradient, kernel, [rows, columns]);
    const values = addSeenPixels(call, patchGradients, geometry);
    backend.pool.give(patchGradients);
    return backend.output(inputShape, values);
  });
}

/** The geometry, if these kernels know it. */
function plainGeometry(
  { attributes }: KernelCall,
  input: readonly number[],
  filter: readonly number[],
  tensors: readonly tf.TensorInfo[],
): Geometry | undefined {
  if (attributes.dataFormat !== "NHWC" || !areFloats(...tensors)) return undefined;
  const geometry = geometryOf(attributes, { input, filter, isDepthwise: false });
  const isEmpty = [...geometry.inShape, ...geometry.outShape, ...geometry.filterShape].some((size) => size < 1);
  return filter[2] === input[3] && !isEmpty ? geometry : undefined;
}

const pixelsOf = ({ batchSize, outHeight, outWidth }: Geometry) => batchSize * outHeight * outWidth;

function filterMatrix({ filterHeight, filterWidth, inChannels, outChannels }: Geometry): number[] {
  return [filterHeight * filterWidth * inChannels, outChannels];
}

interface SeenPixels {
  readonly values: Float32Array;
  readonly shape: [number, number];
  readonly isTransposed: boolean;
  /** False if the rows are the input itself. */
  readonly isOwn: boolean;
}

/** [output pixels, taps · inChannels]; zeros for padding. */
function seenPixels({ backend }: KernelCall, source: Float32Array, geometry: Geometry): SeenPixels {
  const { filterHeight, filterWidth, inChannels, strideHeight, strideWidth, padInfo } = geometry;
  const taps = filterHeight * filterWidth;
  const rows = pixelsOf(geometry);
  const shape: [number, number] = [rows, taps * inChannels];
  const isPointwise = taps === 1 && strideHeight === 1 && strideWidth === 1 && padInfo.top === 0 && padInfo.left === 0;
  if (isPointwise && rows * inChannels === source.length)
    return { values: source, shape, isTransposed: false, isOwn: false };
  const values = backend.pool.take(sizeOf(shape)).fill(0);
  for (let tap = 0; tap < taps; tap++) {
    visitTap(geometry, tap, (input, output) => {
      const from = input * inChannels;
      const to = (output * taps + tap) * inChannels;
      for (let channel = 0; channel < inChannels; channel++) values[to + channel] = source[from + channel] ?? 0;
    });
  }
  return { values, shape, isTransposed: false, isOwn: true };
}

/** The gradient of `seenPixels`: each pixel sums the gradients of all rows that contain it. */
function addSeenPixels({ backend }: KernelCall, patchGradients: Float32Array, geometry: Geometry): Float32Array {
  const { filterHeight, filterWidth, inChannels, inHeight, inWidth, batchSize } = geometry;
  const taps = filterHeight * filterWidth;
  const values = backend.pool.take(batchSize * inHeight * inWidth * inChannels).fill(0);
  for (let tap = 0; tap < taps; tap++) {
    visitTap(geometry, tap, (input, output) => {
      const to = input * inChannels;
      const from = (output * taps + tap) * inChannels;
      for (let channel = 0; channel < inChannels; channel++)
        values[to + channel] = (values[to + channel] ?? 0) + (patchGradients[from + channel] ?? 0);
    });
  }
  return values;
}
