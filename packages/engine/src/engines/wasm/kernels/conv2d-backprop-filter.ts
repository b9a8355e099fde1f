// The gradient of a convolution's filter, which tfjs-backend-wasm lacks (tfjs issue 8474): for each tap of the filter, the
// pixels that it saw, transposed, times the gradient of the output.

import type * as tf from "@tensorflow/tfjs-core";
import { numbersOf } from "../../../gradients/attributes.ts";
import { type Geometry, geometryOf, visitTap } from "../../../kernels/convolution-geometry.ts";
import { inputOf } from "../../../kernels/wrap-kernels.ts";
import { lendMatrix } from "../borrowed-matrix.ts";
import { transposeMatrices } from "../transpose-matrix.ts";
import { floatsOf, type WasmBackend, wasmKernel, zeros } from "../wasm-backend.ts";
import { multiplyPlain } from "./plain-product.ts";

export const conv2dBackpropFilter: tf.KernelConfig = /* @__PURE__ */ wasmKernel(
  "Conv2DBackpropFilter",
  (inputs, attributes, backend) => {
    const x = inputOf(inputs, "x"); // [batch, height, width, inChannels]
    const dy = inputOf(inputs, "dy"); // [batch, outHeight, outWidth, outChannels]
    const filterShape = numbersOf(attributes, "filterShape"); // [filterHeight, filterWidth, inChannels, outChannels]
    const geometry = geometryOf(attributes, { input: x.shape, filter: filterShape, isDepthwise: false });
    const output = backend.makeOutput(filterShape, "float32");
    for (let tap = 0; tap < geometry.filterHeight * geometry.filterWidth; tap++) {
      const pixelsUnderTap = seenPixels(backend, x, geometry, tap);
      const transposed = transposeMatrices(backend, pixelsUnderTap); // [inChannels, pixels]
      const { inChannels, outChannels } = geometry;
      const target = lendMatrix(backend, output.dataId, { index: tap, rows: inChannels, columns: outChannels });
      multiplyPlain(backend, {
        left: backend.dataIdMap.get(transposed.dataId).id,
        right: backend.dataIdMap.get(dy.dataId).id,
        output: target.id,
        rows: inChannels,
        inner: pixelsUnderTap.shape[0] ?? 0,
        columns: outChannels,
      });
      target.release();
      backend.disposeData(pixelsUnderTap.dataId);
      backend.disposeData(transposed.dataId);
    }
    return output;
  },
);

/** For each output pixel the input pixel under `tap`, zeros in the padding: [pixels, inChannels]. */
function seenPixels(backend: WasmBackend, x: tf.TensorInfo, geometry: Geometry, tap: number): tf.TensorInfo {
  const { batchSize, outHeight, outWidth, inChannels } = geometry;
  const pixels = zeros(backend, [batchSize * outHeight * outWidth, inChannels]);
  const target = floatsOf(backend, pixels);
  const source = floatsOf(backend, x);
  visitTap(geometry, tap, (input, output) => {
    for (let channel = 0; channel < inChannels; channel++) {
      target[output * inChannels + channel] = source[input * inChannels + channel] ?? 0;
    }
  });
  return pixels;
}
