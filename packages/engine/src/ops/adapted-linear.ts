// Frozen products of one input and the LoRA branches that are added to them, where the backend computes them together: a product is
// not written, read and written again, and neither is the gradient of x.

import * as tf from "@tensorflow/tfjs-core";
import type { FrozenWeight } from "../frozen-weight.ts";
import { hasCustomKernel, runCustomKernel } from "../kernels/custom-kernel.ts";
import { checkLastAxis, flattenRows } from "../rows.ts";
import { saveForBackward } from "../tape/recomputed-tensors.ts";
import { withGradients } from "../tape/with-gradients.ts";

/** The factors of x. */
export interface AdaptedLinearParts {
  readonly weight: FrozenWeight;
  /** [outFeatures] */
  readonly bias?: tf.Tensor | undefined;
  /** [inFeatures, rank] */
  readonly a: tf.Tensor;
  /** [rank, outFeatures] */
  readonly b: tf.Tensor;
  readonly scale: number;
}

/** Whether the current backend computes products with their branches: elsewhere nothing needs to be prepared for it. */
export function hasAdaptedLinear(): boolean {
  return hasCustomKernel("LowrankAdaptedLinear", {});
}

/**
 * x·W + bias + scale·(x·A)·B of each of `parts`, for x [..., inFeatures], as `addLowRank` of a `frozenLinear`; undefined where the
 * backend has no kernel for it, or a W is neither a float32 tensor nor packed in the backend's memory. Differentiable for x, each A, B
 * and bias. Throws SHAPE_MISMATCH.
 */
export function adaptedLinears(x: tf.Tensor, parts: readonly AdaptedLinearParts[]): readonly tf.Tensor[] | undefined {
  const trained: Record<string, tf.Tensor> = {};
  const terms: Record<string, tf.Tensor> = {};
  const matrices: Record<string, tf.Tensor> = {};
  const weights: Record<string, number> = {};
  const areTransposed: boolean[] = [];
  for (const [index, { weight, bias, a, b }] of parts.entries()) {
    const found = weight.stored ?? weight.packed;
    if (found === undefined) return undefined;
    if ("matrix" in found) matrices[`matrix${index}`] = found.matrix;
    else weights[`matrix${index}`] = found.weight;
    Object.assign(trained, { [`a${index}`]: a, [`b${index}`]: b });
    if (bias !== undefined) terms[`term${index}`] = bias;
    areTransposed.push(found.isTransposed);
  }
  if (parts.length === 0 || !hasCustomKernel("LowrankAdaptedLinear", { x, ...trained, ...matrices, ...terms }))
    return undefined;
  for (const { weight } of parts) checkLastAxis("adaptedLinears", x, weight.inFeatures);
  const attributes = { scales: parts.map(({ scale }) => scale), weights, areTransposed };
  const savedX = saveForBackward(x);
  const names = Object.keys(trained);
  return withGradients<readonly tf.Tensor[], readonly tf.Tensor[]>({
    inputs: { x, ...trained, ...terms },
    forward: () => {
      const outputs = run("LowrankAdaptedLinear", { x, ...trained, ...matrices, ...terms }, attributes);
      const branches = outputs[parts.length] as tf.Tensor; // x·A of each, and room for its gradient
      return { value: outputs.slice(0, parts.length), saved: [branches, ...Object.values(trained), ...savedX.saved] };
    },
    backward: (dys, saved) => {
      const branches = saved[0] as tf.Tensor;
      const trainedValues = Object.fromEntries(names.map((name, index) => [name, saved[index + 1] as tf.Tensor]));
      const x = savedX.restore(saved.slice(names.length + 1));
      const dyByName = Object.fromEntries(dys.map((dy, index) => [`dy${index}`, dy]));
      const inputs = { x, branches, ...trainedValues, ...matrices, ...dyByName };
      const gradients = (isForX: boolean) => run("LowrankAdaptedLinearGradient", inputs, { ...attributes, isForX });
      let computed: readonly tf.Tensor[] | undefined;
      const gradientOf = (index: number) => () => {
        // TensorFlow.js's own walk disposes of what a thunk makes.
        if (computed === undefined || computed[0]?.isDisposed === true) computed = gradients(false);
        return tf.clone(computed[computed.length - names.length + index] as tf.Tensor);
      };
      const forTerms = dys.map((dy, index) => [`term${index}`, () => tf.sum(flattenRows(dy), 0)] as const);
      return {
        x: () => {
          computed = gradients(true);
          return tf.clone(computed[0] as tf.Tensor);
        },
        ...Object.fromEntries(names.map((name, index) => [name, gradientOf(index)])),
        ...Object.fromEntries(forTerms),
      };
    },
  });
}

/** A kernel that is there where the first one is. */
function run(...call: Parameters<typeof runCustomKernel>): readonly tf.Tensor[] {
  const outputs = runCustomKernel(...call);
  if (outputs === undefined) throw new Error(`The backend has no kernel ${call[0]}.`);
  return outputs;
}
