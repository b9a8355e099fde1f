// Adds rows that carry the same segment id: the gradient of a look-up. tfjs-backend-wasm has none (tfjs issue 8082).

import * as tf from "@tensorflow/tfjs-core";
import { numberOf } from "../../../gradients/attributes.ts";
import { inputOf } from "../../../kernels/wrap-kernels.ts";
import { floatsOf, wasmKernel, zeros } from "../wasm-backend.ts";

export const unsortedSegmentSum: tf.KernelConfig = /* @__PURE__ */ wasmKernel(
  "UnsortedSegmentSum",
  (inputs, attributes, backend) => {
    const x = inputOf(inputs, "x"); // [rows, ...]
    const segmentIds = inputOf(inputs, "segmentIds"); // [rows]
    const segments = numberOf(attributes, "numSegments");
    const output = zeros(backend, [segments, ...x.shape.slice(1)]);
    const sums = floatsOf(backend, output);
    const rows = floatsOf(backend, x);
    const ids = backend.typedArrayFromHeap(segmentIds);
    const width = tf.util.sizeFromShape(x.shape.slice(1));
    for (let row = 0; row < ids.length; row++) {
      const segment = ids[row] ?? -1;
      if (segment < 0 || segment >= segments) continue;
      const target = segment * width;
      const source = row * width;
      for (let column = 0; column < width; column++) {
        sums[target + column] = (sums[target + column] ?? 0) + (rows[source + column] ?? 0);
      }
    }
    return output;
  },
);
