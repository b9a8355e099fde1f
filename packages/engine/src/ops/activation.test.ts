import { expectClose, expectGradients } from "@lowrank/testing";
import * as tf from "@tensorflow/tfjs-core";
import { describe, expect, it } from "vitest";
import { expectTwin, onEachBackend, waves } from "../../test/compare-with-twin.ts";
import { isGraphics } from "../../test/test-engines.ts";

import { gelu } from "./gelu.ts";
import { geglu, silu, swiglu } from "./silu.ts";

const plainTanhGelu = (x: tf.Tensor) =>
  tf.mul(tf.mul(x, 0.5), tf.add(1, tf.tanh(tf.mul(Math.sqrt(2 / Math.PI), tf.add(x, tf.mul(0.044715, tf.pow(x, 3)))))));
const plainErfGelu = (x: tf.Tensor) => tf.mul(tf.mul(x, 0.5), tf.add(1, tf.erf(tf.div(x, Math.SQRT2))));
const plainSilu = (x: tf.Tensor) => tf.div(x, tf.add(1, tf.exp(tf.neg(x))));
const wide = (...shape: number[]) => tf.tidy(() => tf.mul(waves(shape), 4));

onEachBackend((engine) => {
  describe("gelu", () => {
    it("equals both formulas, with their gradients", async () => {
      for (const shape of [[5, 7], [3], [0, 4], [2, 1, 3]]) {
        await expectTwin((x) => gelu(x, "tanh"), plainTanhGelu, [wide(...shape)], 1e-5);
        await expectTwin((x) => gelu(x, "erf"), plainErfGelu, [wide(...shape)], 1e-5);
      }
    });

    it("equals transformers' values", async () => {
      const x = tf.tensor1d([-3, -1, 0, 0.5, 2]);
      const erf = gelu(x, "erf");
      const tanh = gelu(x, "tanh");
      // torch.nn.functional.gelu(x) and (x, approximate="tanh") in float64.
      expectClose(await erf.data(), [-0.00404969, -0.15865525, 0, 0.34573123, 1.95449974], 1e-6);
      expectClose(await tanh.data(), [-0.00363739, -0.15880801, 0, 0.34571401, 1.95459769], 1e-6);
      tf.dispose([x, erf, tanh]);
    });

    it("stays finite far from zero", async () => {
      const far = tf.tensor1d([-1e4, -50, 50, 1e4]);
      const [value, gradient] = tf.tidy(() => [gelu(far, "tanh"), tf.grad((x) => gelu(x, "tanh"))(far)] as const);
      expectClose(await value.data(), [0, 0, 50, 1e4], 1e-6);
      expectClose(await gradient.data(), [0, 0, 1, 1], 1e-6);
      tf.dispose([far, value, gradient]);
    });
  });

  describe("silu, swiglu and geglu", () => {
    it("equal their formulas, with their gradients", async () => {
      for (const shape of [
        [5, 7],
        [0, 4],
        [2, 1, 3],
      ]) {
        await expectTwin(silu, plainSilu, [wide(...shape)]);
        await expectTwin(swiglu, (gate, up) => tf.mul(plainSilu(gate), up), [wide(...shape), waves(shape, 2)]);
        const plain = (gate: tf.Tensor, up: tf.Tensor) => tf.mul(plainTanhGelu(gate), up);
        await expectTwin((gate, up) => geglu(gate, up, "tanh"), plain, [wide(...shape), waves(shape, 2)]);
      }
    });

    it("agree with finite differences", async () => {
      const inputs = [wide(4, 3), waves([4, 3], 2)];
      await expectGradients((...[gate, up]: tf.Tensor[]) => (gate && up ? swiglu(gate, up) : tf.scalar(0)), inputs);
      tf.dispose(inputs);
    });

    it.skipIf(isGraphics(engine))("pass an infinite gradient on as torch does", async () => {
      const [gate, up] = [tf.tensor1d([-3, -1, 0.5, 2]), tf.tensor1d([1, Infinity, -Infinity, Infinity])];
      const weights = tf.tensor1d([1, 2, -3, 1]);
      const grad = (operation: typeof swiglu) =>
        tf.grad((x: tf.Tensor) => tf.sum(tf.mul(operation(x, up), weights)))(gate);
      const gradients = [grad(swiglu), grad((x, y) => geglu(x, y, "tanh"))];
      const [ofSilu, ofGelu] = await Promise.all(gradients.map((gradient) => gradient.data()));
      // torch.nn.functional.silu(gate) * up and gelu(gate, approximate="tanh") * up, PyTorch 2.
      expectClose(ofSilu ?? [], [-0.0881, Infinity, Infinity, Infinity], 1e-4);
      expectClose(ofGelu ?? [], [-0.0116, -Infinity, Infinity, Infinity], 1e-4);
      tf.dispose([gate, up, weights, gradients]);
    });

    it("refuse two shapes", () => {
      expect(() => swiglu(tf.ones([2]), tf.ones([3]))).toThrow(expect.objectContaining({ code: "SHAPE_MISMATCH" }));
    });
  });
});
