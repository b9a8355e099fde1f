// Depthwise convolutions and both their gradients, one tap of the filter after another: a tap joins pixels, whose channels
// are contiguous. They contain no matrix product, and tfjs-backend-cpu computes the index of every single number. Several
// outputs for a channel, and other layouts, use tfjs-backend-cpu.

import type * as tf from "@tensorflow/tfjs-core";
import { numbersOf } from "../../../gradients/attributes.ts";
import { type Geometry, geometryOf, visitTap } from "../../../kernels/convolution-geometry.ts";
import { sizeOf } from "../../../rows.ts";
import { areFloats, inputOf, type KernelCall, registerNativeKernel } from "./native-kernel.ts";

export function registerDepthwise(): void {
  registerNativeKernel("DepthwiseConv2dNative", (call) => {
    const [x, filter] = [inputOf(call, "x"), inputOf(call, "filter")];
    const geometry = depthwiseGeometry(call, x.shape, filter.shape, [x, filter]);
    if (geometry === undefined) return undefined;
    const { backend } = call;
    const [pixels, weights] = [backend.floats(x), backend.floats(filter)];
    const values = backend.pool.take(sizeOf(geometry.outShape)).fill(0);
    visitChannels(geometry, (input, output, weight, channels) => {
      for (let channel = 0; channel < channels; channel++)
        values[output + channel]! += pixels[input + channel]! * weights[weight + channel]!;
    });
    return backend.output(geometry.outShape, values);
  });
  registerNativeKernel("DepthwiseConv2dNativeBackpropInput", (call) => {
    const [dy, filter] = [inputOf(call, "dy"), inputOf(call, "filter")];
    const geometry = depthwiseGeometry(call, numbersOf(call.attributes, "inputShape"), filter.shape, [dy, filter]);
    if (geometry === undefined || sizeOf(dy.shape) !== sizeOf(geometry.outShape)) return undefined;
    const { backend } = call;
    const [gradient, weights] = [backend.floats(dy), backend.floats(filter)];
    const values = backend.pool.take(sizeOf(geometry.inShape)).fill(0);
    visitChannels(geometry, (input, output, weight, channels) => {
      for (let channel = 0; channel < channels; channel++)
        values[input + channel]! += gradient[output + channel]! * weights[weight + channel]!;
    });
    return backend.output(geometry.inShape, values);
  });
  registerNativeKernel("DepthwiseConv2dNativeBackpropFilter", (call) => {
    const [x, dy] = [inputOf(call, "x"), inputOf(call, "dy")];
    const geometry = depthwiseGeometry(call, x.shape, numbersOf(call.attributes, "filterShape"), [x, dy]);
    if (geometry === undefined || sizeOf(dy.shape) !== sizeOf(geometry.outShape)) return undefined;
    const { backend } = call;
    const [pixels, gradient] = [backend.floats(x), backend.floats(dy)];
    const values = backend.pool.take(sizeOf(geometry.filterShape)).fill(0);
    visitChannels(geometry, (input, output, weight, channels) => {
      for (let channel = 0; channel < channels; channel++)
        values[weight + channel]! += pixels[input + channel]! * gradient[output + channel]!;
    });
    return backend.output(geometry.filterShape, values);
  });
}

/** The geometry, if these kernels know it. */
function depthwiseGeometry(
  { attributes }: KernelCall,
  input: readonly number[],
  filter: readonly number[],
  tensors: readonly tf.TensorInfo[],
): Geometry | undefined {
  const isChannelsLast = attributes.dataFormat === undefined || attributes.dataFormat === "NHWC";
  if (!isChannelsLast || !areFloats(...tensors) || filter[2] !== input[3] || filter[3] !== 1) return undefined;
  const geometry = geometryOf(attributes, { input, filter, isDepthwise: true });
  return [...geometry.inShape, ...geometry.outShape].some((size) => size < 1) ? undefined : geometry;
}

/** Calls `visit` for each pair of pixels that a tap joins, with the offsets of their channels and of the tap. */
function visitChannels(
  geometry: Geometry,
  visit: (input: number, output: number, weight: number, channels: number) => void,
): void {
  const { inChannels, filterHeight, filterWidth } = geometry;
  for (let tap = 0; tap < filterHeight * filterWidth; tap++)
    visitTap(geometry, tap, (input, output) => {
      visit(input * inChannels, output * inChannels, tap * inChannels, inChannels);
    });
}
