// Gradients of a depthwise convolution, both of which tfjs-backend-wasm lacks. Filter: [height, width, inChannels,
// multiplier]; channel c of the input feeds the output channels c·multiplier and following.

import type * as tf from "@tensorflow/tfjs-core";
import { numbersOf } from "../../../gradients/attributes.ts";
import { type Geometry, geometryOf, visitTap } from "../../../kernels/convolution-geometry.ts";
import { inputOf } from "../../../kernels/wrap-kernels.ts";
import { floatsOf, wasmKernel, zeros } from "../wasm-backend.ts";

export const depthwiseBackpropInput: tf.KernelConfig = /* @__PURE__ */ wasmKernel(
  "DepthwiseConv2dNativeBackpropInput",
  (inputs, attributes, backend) => {
    const dy = inputOf(inputs, "dy");
    const filter = inputOf(inputs, "filter");
    const inputShape = numbersOf(attributes, "inputShape");
    const geometry = geometryOf(attributes, { input: inputShape, filter: filter.shape, isDepthwise: true });
    const result = zeros(backend, inputShape);
    const dx = floatsOf(backend, result);
    const [gradient, weights] = [floatsOf(backend, dy), floatsOf(backend, filter)];
    visitWeights(geometry, ({ input, output, weight }) => {
      dx[input] = (dx[input] ?? 0) + (gradient[output] ?? 0) * (weights[weight] ?? 0);
    });
    return result;
  },
);

export const depthwiseBackpropFilter: tf.KernelConfig = /* @__PURE__ */ wasmKernel(
  "DepthwiseConv2dNativeBackpropFilter",
  (inputs, attributes, backend) => {
    const x = inputOf(inputs, "x");
    const dy = inputOf(inputs, "dy");
    const filterShape = numbersOf(attributes, "filterShape");
    const geometry = geometryOf(attributes, { input: x.shape, filter: filterShape, isDepthwise: true });
    const result = zeros(backend, filterShape);
    const sums = floatsOf(backend, result);
    const [values, gradient] = [floatsOf(backend, x), floatsOf(backend, dy)];
    visitWeights(geometry, ({ input, output, weight }) => {
      sums[weight] = (sums[weight] ?? 0) + (values[input] ?? 0) * (gradient[output] ?? 0);
    });
    return result;
  },
);

/** Offsets of an input value, of the output value that uses it, and of the weight between them. */
interface Connection {
  input: number;
  output: number;
  weight: number;
}

/** Calls `visit` for every connection, always with the same object. */
function visitWeights(geometry: Geometry, visit: (connection: Readonly<Connection>) => void): void {
  const { inChannels, outChannels, filterHeight, filterWidth } = geometry;
  const multiplier = outChannels / inChannels;
  const connection: Connection = { input: 0, output: 0, weight: 0 };
  for (let tap = 0; tap < filterHeight * filterWidth; tap++) {
    visitTap(geometry, tap, (input, output) => {
      for (let channel = 0; channel < outChannels; channel++) {
        connection.input = input * inChannels + Math.floor(channel / multiplier);
        connection.output = output * outChannels + channel;
        connection.weight = tap * outChannels + channel;
        visit(connection);
      }
    });
  }
}
