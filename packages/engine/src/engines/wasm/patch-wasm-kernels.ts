// Kernels that tfjs-backend-wasm lacks, and faster ones for those that take most of a training step.

import * as tf from "@tensorflow/tfjs-core";
import { numberOf } from "../../gradients/attributes.ts";
import { drawIn } from "../../kernels/drop-entries.ts";
import { sumOfEmpty } from "../../kernels/empty-sums.ts";
import { inputOf, runKernel, siblingOf, type Wrap, wrapKernels } from "../../kernels/wrap-kernels.ts";
import { dropoutMask } from "../../random/masks/dropout-mask.ts";
import { fasterBatchMatMul } from "./kernels/batch-mat-mul.ts";
import { conv2dBackpropFilter } from "./kernels/conv2d-backprop-filter.ts";
import { depthwiseBackpropFilter, depthwiseBackpropInput } from "./kernels/depthwise-backprop.ts";
import { gatherOfNothing } from "./kernels/gather-of-nothing.ts";
import { sharingIdentity } from "./kernels/sharing-identity.ts";
import { fasterTranspose } from "./transpose-matrix.ts";
import { floatsOf, wasmKernel, zeros } from "./wasm-backend.ts";

/** The only version whose inside these kernels know. */
const knownVersion = "4.22.0";

/** x of any shape → its entries times their factors, plus `term` of the same size. */
const dropout: tf.KernelConfig = wasmKernel("LowrankDropout", (inputs, attributes, backend) => {
  const x = inputOf(inputs, "x");
  const output = backend.makeOutput([...x.shape], "float32");
  const mask = dropoutMask(drawIn(attributes));
  mask.drop(floatsOf(backend, output), floatsOf(backend, x));
  const { term } = inputs;
  if (term === undefined) return output;
  const sum = runKernel(siblingOf(dropout, "Add"), { a: output, b: term }, {}, backend);
  backend.disposeData(output.dataId);
  return sum;
});

/** Adds rows with the same segment id: the gradient of a look-up. tfjs-backend-wasm has none (tfjs issue 8082). */
const unsortedSegmentSum: tf.KernelConfig = /* @__PURE__ */ wasmKernel(
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

const missingKernels: readonly tf.KernelConfig[] = [
  unsortedSegmentSum,
  conv2dBackpropFilter,
  depthwiseBackpropInput,
  depthwiseBackpropFilter,
  dropout,
];

const wrappedKernels: Readonly<Record<string, Wrap>> = {
  BatchMatMul: fasterBatchMatMul,
  Transpose: fasterTranspose,
  Identity: sharingIdentity,
  Sum: sumOfEmpty,
  GatherV2: gatherOfNothing,
};

/**
 * Patches the wasm backend; a second call changes nothing. Returns a note, and changes nothing, if `version` (the backend's
 * `version_wasm`) is not the version that these kernels were written for.
 *
 * `chooseEngine` does this. Call it yourself if you import the backend yourself.
 */
export function patchWasmKernels(version: string): string | undefined {
  if (version !== knownVersion)
    return `tfjs-backend-wasm ${version} is not ${knownVersion}, for which the faster kernels were written; it runs without them.`;
  for (const kernel of missingKernels) {
    if (tf.getKernel(kernel.kernelName, "wasm") == null) tf.registerKernel(kernel);
  }
  wrapKernels("wasm", wrappedKernels);
  return undefined;
}
