// The Gaussian error linear unit (Hendrycks and Gimpel 2016), exact and by its tanh approximation.

import * as tf from "@tensorflow/tfjs-core";
import { runSingleOutputKernel } from "../kernels/custom-kernel.ts";
import { withGradients } from "../tape/with-gradients.ts";

/** "tanh" is transformers' `gelu_new` and `gelu_pytorch_tanh`; "erf" is its `gelu`. */
export type GeluKind = "tanh" | "erf";

const cubic = 0.044715;
/** ½(1 + tanh(u)) = σ(2u). The sigmoid is vectorized in wasm and tanh is not, so the factor √(2/π) is doubled. */
const doubledRoot = 2 * Math.sqrt(2 / Math.PI);
const normalDensityAtZero = 1 / Math.sqrt(2 * Math.PI);

/**
 * x·Φ(x), Φ being the normal distribution ("erf") or its usual approximation by tanh ("tanh"). Any shape.
 *
 * Differentiable.
 */
export function gelu(x: tf.Tensor, kind: GeluKind): tf.Tensor {
  const rule = kind === "tanh" ? tanhRule : erfRule;
  return withGradients({
    inputs: { x },
    forward: () => ({ value: runSingleOutputKernel(rule.kernel, { x }) ?? tf.mul(x, rule.gate(x)), saved: [x] }),
    backward: (dy, [x]) => ({
      x: () => runSingleOutputKernel(rule.gradientKernel, { dy, x }) ?? tf.mul(dy, rule.derivative(x)),
    }),
  });
}

const tanhRule = {
  kernel: "LowrankGeluTanh",
  gradientKernel: "LowrankGeluTanhGradient",
  gate: (x: tf.Tensor): tf.Tensor => tf.sigmoid(tf.mul(tf.mul(x, doubledRoot), tf.add(tf.mul(tf.square(x), cubic), 1))),
  derivative: (x: tf.Tensor): tf.Tensor => {
    const squared = tf.square(x);
    const gate = tf.sigmoid(tf.mul(tf.mul(x, doubledRoot), tf.add(tf.mul(squared, cubic), 1)));
    const gradient = tf.mul(tf.add(tf.mul(squared, 3 * cubic), 1), doubledRoot);
    return tf.mul(gate, tf.add(tf.mul(tf.mul(x, gradient), tf.sub(1, gate)), 1));
  },
} as const;

const erfRule = {
  kernel: "LowrankGeluErf",
  gradientKernel: "LowrankGeluErfGradient",
  gate: (x: tf.Tensor): tf.Tensor => tf.mul(tf.add(tf.erf(tf.mul(x, Math.SQRT1_2)), 1), 0.5),
  derivative: (x: tf.Tensor): tf.Tensor => {
    const density = tf.mul(tf.exp(tf.mul(tf.square(x), -0.5)), normalDensityAtZero);
    return tf.add(erfRule.gate(x), tf.mul(x, density));
  },
} as const;
