// A frozen product and its LoRA branch, if the backend computes them together: the product is not written, read and written again,
// and neither is the gradient of x.

import * as tf from "@tensorflow/tfjs-core";
import type { FrozenWeight } from "../frozen-weight.ts";
import { hasOwnKernel, runOwnKernel } from "../kernels/own-kernel.ts";
import { checkLastAxis, flattenRows } from "../rows.ts";
import { accumulates } from "../tape/accumulate.ts";
import { keep } from "../tape/recomputed-tensors.ts";
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

/** Whether the current backend computes both together: elsewhere nothing needs to be prepared for it. */
export function hasAdaptedLinear(): boolean {
  return hasOwnKernel("LowrankAdaptedLinear", {});
}

/**
 * x·W + bias + scale·(x·A)·B for x [..., inFeatures], like `addLowRank` of a `frozenLinear`; undefined if the backend has no kernel
 * for both, or if W is not stored as one float32 tensor. Differentiable for x, A, B and the bias. Throws ShapeError.
 */
export function adaptedLinear(x: tf.Tensor, { weight, bias, a, b, scale }: AdaptedLinearParts): tf.Tensor | undefined {
  const { stored } = weight;
  if (stored === undefined) return undefined;
  const { matrix, isTransposed } = stored;
  const inputs = { x, matrix, a, b, ...(bias && { term: bias }) };
  if (!hasOwnKernel("LowrankAdaptedLinear", inputs)) return undefined;
  checkLastAxis("adaptedLinear", x, weight.inFeatures);
  const kept = keep(x);
  return withGradients<readonly [tf.Tensor, tf.Tensor, ...tf.Tensor[]]>({
    inputs: { x, a, b, ...(bias && { bias }) },
    forward: () => {
      const [value] = run("LowrankAdaptedLinear", inputs, { scale, isTransposed });
      return { value, saved: [a, b, ...kept.saved] };
    },
    backward: (dy, [a, b, ...saved]) => {
      const x = kept.restore(saved);
      const [narrow, forA, forB] = run("LowrankAddLowRankGradient", { dy, x, a, b }, { scale });
      return {
        x: accumulates((soFar) => {
          const terms = { dy, matrix, narrow, a, ...(soFar && { term: soFar }) };
          return run("LowrankAdaptedLinearGradient", terms, { isTransposed })[0];
        }),
        a: () => tf.clone(forA),
        b: () => tf.clone(forB),
        bias: () => tf.sum(flattenRows(dy), 0),
      };
    },
  });
}

type Outputs = readonly [tf.Tensor, tf.Tensor, tf.Tensor];

/** Runs a kernel that exists if the first one does. */
function run(...call: Parameters<typeof runOwnKernel>): Outputs {
  const outputs = runOwnKernel(...call);
  if (outputs === undefined) throw new Error(`The backend has no kernel ${call[0]}.`);
  return outputs as unknown as Outputs;
}
