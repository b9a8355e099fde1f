// The sigmoid linear unit, alone and as the gate of a feed-forward block.

import * as tf from "@tensorflow/tfjs-core";
import { shapeError } from "../errors.ts";
import { runCustomKernel, runSingleOutputKernel } from "../kernels/custom-kernel.ts";
import { requireAlive } from "../kernels/require-alive.ts";
import { recomputedFrom } from "../tape/recomputed-tensors.ts";
import { withGradients } from "../tape/with-gradients.ts";
import { type GeluKind, gelu } from "./gelu.ts";

/** x·σ(x), of any shape. Differentiable. */
export function silu(x: tf.Tensor): tf.Tensor {
  return withGradients({
    inputs: { x },
    forward: () => ({ value: runSingleOutputKernel("LowrankSilu", { x }) ?? tf.mul(x, tf.sigmoid(x)), saved: [x] }),
    backward: (dy, [x]) => ({
      x: () => runSingleOutputKernel("LowrankSiluGradient", { dy, x }) ?? tf.mul(dy, siluDerivative(x)),
    }),
  });
}

/**
 * silu(gate)·up (Shazeer 2020), for two tensors of one shape.
 *
 * Differentiable for both. Throws SHAPE_MISMATCH.
 *
 * @example
 * ```ts
 * import { swiglu } from "@lowrank/engine";
 * import "@tensorflow/tfjs-backend-cpu";
 * import * as tf from "@tensorflow/tfjs-core";
 *
 * const y = swiglu(tf.tensor1d([1]), tf.tensor1d([2])); // [1.4621]
 * ```
 */
export function swiglu(gate: tf.Tensor, up: tf.Tensor): tf.Tensor {
  checkSameShape("swiglu", gate, up);
  const gated = (gate: tf.Tensor, up: tf.Tensor) =>
    runSingleOutputKernel("LowrankSwiglu", { gate, up }) ?? tf.mul(tf.mul(gate, tf.sigmoid(gate)), up);
  const value = withGradients({
    inputs: { gate, up },
    forward: () => ({ value: gated(gate, up), saved: [gate, up] }),
    backward: (dy, [gate, up]) => {
      const [forGate, forUp] = runCustomKernel("LowrankSwigluGradient", { dy, gate, up }) ?? [];
      return {
        gate: () => forGate ?? tf.mul(tf.mul(dy, up), siluDerivative(gate)),
        up: () => forUp ?? tf.mul(dy, tf.mul(gate, tf.sigmoid(gate))),
      };
    },
  });
  return recomputedFrom(value, [gate, up], ([gate, up]) => gated(gate, up));
}

/** gelu(gate)·up (Shazeer 2020), as Gemma uses it. Differentiable for both. Throws SHAPE_MISMATCH. */
export function geglu(gate: tf.Tensor, up: tf.Tensor, kind: GeluKind): tf.Tensor {
  checkSameShape("geglu", gate, up);
  requireAlive({ gate, up });
  return tf.tidy(() => tf.mul(gelu(gate, kind), up));
}

/** σ(x)·(1 + x·(1 − σ(x))) */
function siluDerivative(x: tf.Tensor): tf.Tensor {
  const gate = tf.sigmoid(x);
  return tf.mul(gate, tf.add(tf.mul(x, tf.sub(1, gate)), 1));
}

function checkSameShape(where: string, gate: tf.Tensor, up: tf.Tensor): void {
  if (!tf.util.arraysEqual(gate.shape, up.shape)) throw shapeError(where, up.shape, `[${gate.shape.join(", ")}]`);
}
