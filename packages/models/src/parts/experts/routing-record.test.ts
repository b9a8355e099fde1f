import { inferenceContext, noAdapters } from "@lowrank/contracts";
import "@lowrank/engine/gradients";
import "@tensorflow/tfjs-backend-cpu";
import { expectGradients, expectNoLeak } from "@lowrank/testing";
import * as tf from "@tensorflow/tfjs-core";
import { describe, expect, it } from "vitest";

import { Pass } from "../pass.ts";
import { RoutingRecord } from "./routing-record.ts";

/** Scores whose softmax is these shares. */
const scoresOf = (shares: readonly (readonly number[])[]) => tf.log(tf.tensor2d(shares.map((row) => [...row])));

describe("the load-balancing loss", () => {
  it("is 1 if two experts have equal shares, and grows with a larger share of one", () => {
    tf.tidy(() => {
      const lossOf = (shares: readonly (readonly number[])[]) => {
        const record = new RoutingRecord();
        record.add(scoresOf(shares) as tf.Tensor2D, 1);
        return record.loss().dataSync()[0];
      };
      const even = [
        [0.75, 0.25],
        [0.25, 0.75],
      ]; // 2·(½·½ + ½·½)
      const uneven = [
        [0.75, 0.25],
        [0.75, 0.25],
      ]; // 2·(1·¾ + 0·¼)
      expect(lossOf(even)).toBeCloseTo(1, 6);
      expect(lossOf(uneven)).toBeCloseTo(1.5, 6);
    });
  });

  it("adds up layers before it multiplies, and leaves out padding", () => {
    tf.tidy(() => {
      const record = new RoutingRecord();
      record.add(
        scoresOf([
          [0.75, 0.25],
          [0.25, 0.75],
        ]) as tf.Tensor2D,
        1,
        Int32Array.of(1, 0),
      );
      record.add(
        scoresOf([
          [0.25, 0.75],
          [0.25, 0.75],
        ]) as tf.Tensor2D,
        1,
        Int32Array.of(1, 0),
      );
      expect(record.loss().dataSync()[0]).toBeCloseTo(1, 6); // both layers: [¾, ¼] + [¼, ¾], each expert chosen once
    });
  });

  it("has a gradient for the scores, and frees its tensors", async () => {
    const scores = tf.tensor2d([
      [0.5, 0.1, -0.4],
      [0.2, 0.9, 0.3],
    ]);
    const lossOf = (given: tf.Tensor) => {
      const record = new RoutingRecord();
      record.add(given as tf.Tensor2D, 1);
      const loss = record.loss();
      record.dispose();
      return loss;
    };
    await expectGradients(lossOf, [scores]);
    await expectNoLeak(() => lossOf(scores).dispose());
    scores.dispose();
  });

  it("is refused if blocks are computed twice and a gradient is taken", () => {
    const context = { ...inferenceContext(noAdapters), blocksPerCheckpoint: 1 };
    const record = () => new Pass(context, { positions: [], causal: true, shape: [1, 2] }).recordRouting();
    expect(record).not.toThrow();
    const inGradient = () =>
      tf.grad((x) => {
        record();
        return tf.sum(x);
      })(tf.zeros([1]));
    expect(inGradient).toThrow(expect.objectContaining({ code: "MODEL_INPUT" }));
  });
});
