import "@tensorflow/tfjs-backend-cpu";
import { inferenceContext } from "@lowrank/contracts";
import * as tf from "@tensorflow/tfjs-core";
import { expect, it } from "vitest";
import { dropPath } from "./drop-path.ts";
import { Pass } from "./pass.ts";

const double = dropPath((hidden) => tf.mul(hidden, 2), 0.5, "path");

function sumsOfRows(training: boolean): readonly number[] {
  const context = { ...inferenceContext(), training };
  return tf.tidy(() => {
    const pass = new Pass(context, { positions: [], causal: false });
    return [...tf.sum(double(tf.ones([64, 2, 3]), pass), [1, 2]).dataSync()];
  });
}

it("leaves out whole rows while training, and scales the others up for them", () => {
  const sums = sumsOfRows(true);
  expect(new Set(sums)).toEqual(new Set([0, 24]));
});

it("leaves everything as it is outside training", () => {
  expect(new Set(sumsOfRows(false))).toEqual(new Set([12]));
});
