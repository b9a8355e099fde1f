import { expectGradients, expectNoLeak } from "@lowrank/testing";
import * as tf from "@tensorflow/tfjs-core";
import fc from "fast-check";
import { describe, it } from "vitest";
import { expectTwin, onEachBackend, waves } from "../../test/compare-with-twin.ts";
import { drawsOn } from "../../test/test-engines.ts";
import { layerNorm } from "./layer-norm.ts";
import { rmsNorm } from "./rms-norm.ts";

const epsilon = 1e-5;
const shape = fc.tuple(fc.integer({ min: 0, max: 5 }), fc.integer({ min: 1, max: 5 }), fc.integer({ min: 2, max: 11 }));

function plainLayerNorm(x: tf.Tensor, gain: tf.Tensor, bias: tf.Tensor): tf.Tensor {
  const { mean, variance } = tf.moments(x, -1, true);
  return tf.add(tf.mul(tf.div(tf.sub(x, mean), tf.sqrt(tf.add(variance, epsilon))), gain), bias);
}

function plainRmsNorm(x: tf.Tensor, gain: tf.Tensor): tf.Tensor {
  return tf.mul(tf.div(x, tf.sqrt(tf.add(tf.mean(tf.square(x), -1, true), epsilon))), gain);
}

onEachBackend((engine) => {
  describe("layerNorm", () => {
    it("equals the formula for any shape, zero rows included", async () => {
      await fc.assert(
        fc.asyncProperty(shape, async ([batch, time, features]) => {
          const inputs = [waves([batch, time, features]), waves([features], 2), waves([features], 3)];
          await expectTwin((x, gain, bias) => layerNorm(x, gain, bias, epsilon), plainLayerNorm, inputs, 3e-5);
        }),
        { numRuns: drawsOn(engine, 20) },
      );
    });

    it("agrees with finite differences", async () => {
      const inputs = [waves([3, 7]), waves([7], 2), waves([7], 3)];
      const operation = (...[x, gain, bias]: tf.Tensor[]) =>
        x && gain && bias ? layerNorm(x, gain, bias, epsilon) : tf.scalar(0);
      await expectGradients(operation, inputs);
      tf.dispose(inputs);
    });
  });

  describe("rmsNorm", () => {
    it("equals the formula for any shape, zero rows included", async () => {
      await fc.assert(
        fc.asyncProperty(shape, async ([batch, time, features]) => {
          const inputs = [waves([batch, time, features]), waves([features], 2)];
          await expectTwin((x, gain) => rmsNorm(x, gain, epsilon), plainRmsNorm, inputs);
        }),
        { numRuns: drawsOn(engine, 20) },
      );
    });

    it("adds the offset to the gain", async () => {
      await expectTwin(
        (x, gain) => rmsNorm(x, gain, epsilon, { gainOffset: 1 }),
        (x, gain) => plainRmsNorm(x, tf.add(gain, 1)),
        [waves([4, 6]), waves([6], 2)],
      );
    });

    it("leaks nothing", async () => {
      const x = tf.variable(waves([3, 4]));
      const gain = waves([4], 2);
      await expectNoLeak(() => tf.dispose(tf.variableGrads(() => tf.sum(rmsNorm(x, gain, epsilon)), [x])));
      tf.dispose([x, gain]);
    });
  });
});
