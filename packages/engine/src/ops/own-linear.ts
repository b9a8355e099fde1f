// A product of rows with one matrix by the backend's own kernel: any number of leading axes, something to add to, one call.

import type * as tf from "@tensorflow/tfjs-core";
import { runOwnKernelForOne } from "./own-kernel.ts";

export interface LinearInputs {
  /** [..., inFeatures] */
  readonly x: tf.Tensor;
  /** [inFeatures, outFeatures], or [outFeatures, inFeatures] if it enters transposed. */
  readonly matrix: tf.Tensor;
  readonly isTransposed: boolean;
  /** [outFeatures], or as many entries as the product, which may then lie in its memory. */
  readonly term?: tf.Tensor | undefined;
}

/** x·matrix + term as [..., outFeatures], or undefined where the backend has no such kernel. */
export function ownLinear({ x, matrix, isTransposed, term }: LinearInputs): tf.Tensor | undefined {
  const inputs = term === undefined ? { x, matrix } : { x, matrix, term };
  return runOwnKernelForOne("LowrankLinear", inputs, { isTransposed });
}
