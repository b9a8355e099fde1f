// Values and derivatives that transformers 5.24.0's ACT2FN and torch compute in float64, by transformers' names.

import "@lowrank/engine/gradients";
import "@tensorflow/tfjs-backend-cpu";
import { checkConfig } from "@lowrank/contracts/families";
import { expectClose, expectNoLeak } from "@lowrank/testing";
import * as tf from "@tensorflow/tfjs-core";
import { describe, expect, it } from "vitest";
import { activations } from "./activations.ts";

const points = [-12, -1.5, -0.25, 0.3, 0.8, 2.5, 7, 12];
const expected: Readonly<Record<string, readonly [values: readonly number[], gradients: readonly number[]]>> = {
  gelu_10: [
    [0, -0.1002108, -0.1003234, 0.1853734, 0.6305157, 2.484476, 7, 10],
    [0, -0.1274692, 0.3046266, 0.7323278, 1.019898, 1.037611, 1, 0],
  ],
  relu6: [
    [0, 0, 0, 0.3, 0.8, 2.5, 6, 6],
    [0, 0, 0, 1, 1, 1, 0, 0],
  ],
  leaky_relu: [
    [-0.12, -0.015, -0.0025, 0.3, 0.8, 2.5, 7, 12],
    [0.01, 0.01, 0.01, 1, 1, 1, 1, 1],
  ],
  laplace: [
    [0, 2.553513e-15, 0.0003458431, 0.07448831, 0.6290343, 1, 1, 1],
    [0, 7.209466e-14, 0.004475423, 0.4991861, 1.339578, 2.393573e-9, 0, 0],
  ],
  linear: [points, points.map(() => 1)],
  relu2: [
    [0, 0, 0, 0.09, 0.64, 6.25, 49, 144],
    [0, 0, 0, 0.6, 1.6, 5, 14, 24],
  ],
  quick_gelu: [
    [-1.618642e-8, -0.1083378, -0.09880035, 0.1874841, 0.6368157, 2.465014, 6.999953, 12],
    [-2.620041e-8, -0.09884806, 0.2934996, 0.7446257, 1.017106, 1.044719, 1.000073, 1],
  ],
  mish: [
    [-7.373032e-5, -0.2980997, -0.129927, 0.2080014, 0.6596998, 2.471392, 6.999988, 12],
    [-6.75859e-5, -0.06409782, 0.4398156, 0.7828273, 1.001255, 1.04113, 1.000022, 1],
  ],
};

function activationOf(name: string) {
  const sizes = { vocab_size: 8, hidden_size: 4, num_hidden_layers: 1, num_attention_heads: 1, intermediate_size: 8 };
  return activations[checkConfig({ model_type: "bert", ...sizes, hidden_act: name }).activation];
}

describe.each(Object.entries(expected))("%s", (name, [values, gradients]) => {
  it("equals transformers' values and derivatives, alone and as a gate", async () => {
    const { apply, gate } = activationOf(name);
    await expectNoLeak(async () => {
      const x = tf.tensor1d(points);
      const two = tf.scalar(2);
      const y = tf.tidy(() => apply(x));
      const gated = tf.tidy(() => gate(x, two));
      const gradient = tf.grad((at) => tf.sum(apply(at)))(x);
      // float32's error, of numbers up to 144.
      expectClose(await y.data(), values, 2e-6);
      expectClose(
        await gated.data(),
        values.map((value) => 2 * value),
        4e-6,
      );
      expectClose(await gradient.data(), gradients, 2e-6);
      tf.dispose([x, two, y, gated, gradient]);
    });
  });
});

it("an unknown activation is refused with a list of the known ones", () => {
  expect(() => activationOf("prelu")).toThrow(/hidden_act: got "prelu", expected one of gelu, .*linear/);
});
