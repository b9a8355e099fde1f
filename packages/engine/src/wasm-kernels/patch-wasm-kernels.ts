// Kernels that tfjs-backend-wasm lacks, and those that it has but slowly.

import * as tf from "@tensorflow/tfjs-core";
import { unsortedSegmentSum } from "./unsorted-segment-sum.ts";

/** The only version whose inside these kernels know. */
const knownVersion = "4.22.0";

const missingKernels: readonly tf.KernelConfig[] = [unsortedSegmentSum];

/** Registers the kernels, once. Returns a note if the backend's version is one we do not know and so left alone. */
export function patchWasmKernels(version: string): string | undefined {
  if (version !== knownVersion)
    return `tfjs-backend-wasm ${version} is not the ${knownVersion} that the faster kernels were written for.`;
  for (const kernel of missingKernels) {
    if (tf.getKernel(kernel.kernelName, kernel.backendName) == null) tf.registerKernel(kernel);
  }
  return undefined;
}
