import * as tf from "@tensorflow/tfjs-core";
import { beforeAll, describe, expect, it } from "vitest";
import "@tensorflow/tfjs-backend-cpu";
import "@lowrank/engine/gradients";
import { expectGradients, expectNoLeak } from "@lowrank/testing";

beforeAll(async () => {
  await tf.setBackend("cpu");
});

describe("expectGradients", () => {
  it("accepts the gradient of a matrix product", async () => {
    const a = tf.tensor2d([1, -2, 3, 0.5], [2, 2]);
    const b = tf.tensor2d([0.25, 1, -1, 2], [2, 2]);
    await expectGradients((x, y) => tf.matMul(x as tf.Tensor2D, y as tf.Tensor2D), [a, b]);
    tf.dispose([a, b]);
  });

  it("refuses a gradient that is wrong by a factor of two", async () => {
    const doubled = tf.customGrad((x) => ({
      value: tf.square(x as tf.Tensor),
      gradFunc: (dy: tf.Tensor) => tf.mul(dy, tf.mul(4, x as tf.Tensor)),
    }));
    const input = tf.tensor1d([1, 2]);
    await expect(expectGradients((x) => doubled(x as tf.Tensor), [input])).rejects.toThrow(/finite differences give/);
    input.dispose();
  });

  it("leaves no tensors behind", async () => {
    const input = tf.tensor1d([1, 2]);
    await expectNoLeak(() => expectGradients((x) => tf.square(x as tf.Tensor), [input]));
    input.dispose();
  });
});
