// Kernels that tfjs-backend-wasm lacks, and faster ones for those in which training spends its time.

import * as tf from "@tensorflow/tfjs-core";
import { sumOfNothing } from "../../kernels/sums-of-nothing.ts";
import { type Wrap, wrapKernels } from "../../kernels/wrap-kernels.ts";
import { fasterBatchMatMul } from "./kernels/batch-mat-mul.ts";
import { conv2dBackpropFilter } from "./kernels/conv2d-backprop-filter.ts";
import { depthwiseBackpropFilter, depthwiseBackpropInput } from "./kernels/depthwise-backprop.ts";
import { dropout } from "./kernels/dropout.ts";
import { gatherOfNothing } from "./kernels/gather.ts";
import { sharingIdentity } from "./kernels/identity.ts";
import { unsortedSegmentSum } from "./kernels/unsorted-segment-sum.ts";
import { fasterTranspose } from "./transpose-matrix.ts";

/** The only version whose inside these kernels know. */
const knownVersion = "4.22.0";

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
  Sum: sumOfNothing,
  GatherV2: gatherOfNothing,
};

/**
 * Mends the wasm backend; calling it twice does nothing more. Returns a note, having changed nothing, if `version` (the
 * backend's `version_wasm`) is not the one these kernels were written for.
 *
 * `chooseEngine` does this. Call it yourself if you import the backend yourself.
 *
 * @example
 * ```ts
 * import { patchWasmKernels } from "@lowrank/engine";
 * import { version_wasm } from "@tensorflow/tfjs-backend-wasm";
 *
 * const note = patchWasmKernels(version_wasm); // undefined: done
 * ```
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
