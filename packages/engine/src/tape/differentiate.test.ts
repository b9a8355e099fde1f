// Our backward pass gives the same gradients as TensorFlow.js's, and uses less memory.

import { expectClose, expectNoLeak } from "@lowrank/testing";
import * as tf from "@tensorflow/tfjs-core";
import { describe, expect, it } from "vitest";
import { onEachBackend, waves } from "../../test/compare-with-twin.ts";
import { differentiate } from "./differentiate.ts";

onEachBackend(() => {
  describe("differentiate", () => {
    it("equals tf.grads for paths that branch and join", async () => {
      const x = waves([3, 4]);
      const y = waves([4, 3], 2);
      const compute = (a: tf.Tensor, b: tf.Tensor) => {
        const product = tf.matMul(a, b) as tf.Tensor; // [3, 3]
        const [left = product, right = product] = tf.split(tf.mul(product, tf.sum(a)), [1, 2], 1);
        return tf.add(tf.sum(tf.square(left)), tf.sum(tf.exp(tf.mul(right, 0.1))));
      };
      const expected = tf.tidy(() => tf.grads((a: tf.Tensor, b: tf.Tensor) => compute(a, b))([x, y]));
      const actual = differentiate(() => compute(x, y), [x, y]);
      for (const [index, gradient] of expected.entries())
        expectClose((await actual.gradients[index]?.data()) ?? [], await gradient.data(), 1e-5);
      tf.dispose([x, y, ...expected, actual.value, ...actual.gradients.filter((gradient) => gradient !== undefined)]);
    });

    it("is undefined if the value does not depend on a target, and accepts a gradient of the value", async () => {
      const [x, unused] = [tf.tensor1d([1, 2]), tf.tensor1d([5])];
      const weights = tf.tensor1d([10, 100]);
      const { value, gradients } = differentiate(() => tf.square(x), [x, unused], weights);
      expect(gradients[1]).toBeUndefined();
      expectClose((await gradients[0]?.data()) ?? [], [20, 400], 1e-4);
      tf.dispose([x, unused, weights, value, gradients[0] ?? []]);
    });

    it("leaves nothing behind but value and gradients, not even when the computation throws", async () => {
      const x = tf.variable(waves([6]));
      await expectNoLeak(() => {
        const { value, gradients } = differentiate(() => tf.sum(tf.exp(tf.sin(x))), [x]);
        tf.dispose([value, gradients[0] ?? []]);
      });
      await expectNoLeak(() => {
        expect(() =>
          differentiate(() => {
            tf.exp(tf.sin(x));
            throw new Error("inside");
          }, [x]),
        ).toThrow("inside");
      });
      x.dispose();
    });

    it("frees an operation's saved tensors before it continues with the one before", () => {
      const size = 1000;
      const x = tf.variable(waves([size]));
      const bytes: number[] = [];
      const watched = (input: tf.Tensor) =>
        tf.customGrad((inner, save) => {
          const value = tf.exp(inner as tf.Tensor);
          (save as (tensors: tf.Tensor[]) => void)([value]);
          return {
            value,
            gradFunc: (dy: tf.Tensor, [saved]: tf.Tensor[]) => {
              bytes.push(tf.memory().numBytes);
              return tf.mul(dy, saved ?? dy);
            },
          };
        })(input);
      const { value, gradients } = differentiate(
        () => tf.sum([1, 2, 3, 4].reduce<tf.Tensor>((y) => watched(tf.mul(y, 0.1)), x)),
        [x],
      );
      expect(bytes.length).toBe(4);
      for (let index = 1; index < bytes.length; index++)
        expect(bytes[index]).toBeLessThanOrEqual((bytes[index - 1] ?? 0) - size * 4);
      tf.dispose([value, gradients[0] ?? [], x]);
    });
  });
});
