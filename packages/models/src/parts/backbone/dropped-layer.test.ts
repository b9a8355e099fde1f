import "@lowrank/engine/gradients";
import "@tensorflow/tfjs-backend-cpu";
import { inferenceContext } from "@lowrank/contracts";
import * as tf from "@tensorflow/tfjs-core";
import { describe, expect, it } from "vitest";
import { droppedLayer } from "../../architectures/encoder-decoders/bart-blocks.ts";
import { Pass } from "../pass.ts";
import { compose, type Stage } from "./stages.ts";

const doubled: Stage = {
  parts: [],
  run: compose(
    (hidden) => tf.mul(hidden, 2),
    (hidden) => tf.add(hidden, 1),
  ),
};

function outputs(rate: number, training: boolean, passes: number): readonly number[] {
  const stage = droppedLayer(doubled, { rate, path: "encoder.0/layer" });
  return Array.from({ length: passes }, (_, step) =>
    tf.tidy(() => {
      const context = { ...inferenceContext(), training, random: { seed: 3, step, microStep: 0 } };
      const pass = new Pass(context, { positions: [[0]], causal: false });
      return stage.run(tf.ones([1, 1, 1]), pass).dataSync()[0] ?? 0;
    }),
  );
}

describe("droppedLayer", () => {
  it("skips both sublayers in some training passes, as seldom as configured", () => {
    const seen = outputs(0.25, true, 400);
    expect(new Set(seen)).toEqual(new Set([1, 3]));
    const dropped = seen.filter((value) => value === 1).length;
    expect(dropped).toBeGreaterThan(60);
    expect(dropped).toBeLessThan(140);
  });

  it("is the layer itself outside of training and at rate 0", () => {
    expect(outputs(0.25, false, 3)).toEqual([3, 3, 3]);
    expect(droppedLayer(doubled, { rate: 0, path: "" })).toBe(doubled);
  });

  it("has a gradient of 0 for dropped layers", () => {
    const stage = droppedLayer({ parts: [], run: (hidden) => tf.mul(hidden, factor) }, { rate: 0.5, path: "a" });
    const factor = tf.variable(tf.scalar(5));
    const gradients = Array.from({ length: 40 }, (_, step) =>
      tf.tidy(() => {
        const context = { ...inferenceContext(), training: true, random: { seed: 3, step, microStep: 0 } };
        const pass = new Pass(context, { positions: [[0]], causal: false });
        const { grads } = tf.variableGrads(() => tf.sum<tf.Scalar>(stage.run(tf.ones([1, 1, 1]), pass)), [factor]);
        return Object.values(grads)[0]?.dataSync()[0];
      }),
    );
    expect(new Set(gradients)).toEqual(new Set([0, 1]));
    factor.dispose();
  });
});
