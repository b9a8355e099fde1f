import { expectClose } from "@lowrank/testing";
import * as tf from "@tensorflow/tfjs-core";
import { describe, it } from "vitest";
import { waves } from "../../test/compare-with-twin.ts";
import { apart, type FlatCases, type GradientCase, one, testGradients } from "../../test/gradient-cases.ts";
import { reductionGradients } from "./reductions.ts";

const reductions: readonly GradientCase[] = [
  ...[undefined, 0, -1, [0, 2]].flatMap((axis) =>
    [false, true].flatMap((keep) => [
      one(
        "Sum",
        (x) => tf.square(tf.sum(x, axis, keep)),
        () => waves([2, 3, 4]),
      ),
      one(
        "Mean",
        (x) => tf.square(tf.mean(x, axis, keep)),
        () => waves([2, 3, 4]),
      ),
      one(
        "Max",
        (x) => tf.square(tf.max(x, axis, keep)),
        () => apart([2, 3, 4]),
      ),
      one(
        "Min",
        (x) => tf.square(tf.min(x, axis, keep)),
        () => apart([2, 3, 4]),
      ),
    ]),
  ),
  one("Cumsum", (x) => tf.cumsum(x, 0)),
  one("Cumsum", (x) => tf.cumsum(x, 1, true, true)),
  one(
    "Cumsum",
    (x) => tf.cumsum(x, 1),
    () => waves([2, 3, 2]),
  ),
  one("Softmax", (x) => tf.softmax(x)),
  one("LogSoftmax", (x) => tf.logSoftmax(x)),
];

const flat: FlatCases = {
  ArgMax: (x) => tf.argMax(x, 1),
  ArgMin: (x) => tf.argMin(x, 1),
};

describe("gradients of reductions", () => {
  testGradients(reductionGradients, reductions, flat);

  it("shares the gradient of an extremum reached twice, so that its sum is right", async () => {
    const x = tf.tensor1d([1, 3, 3]);
    const gradient = tf.tidy(() => tf.grad((input: tf.Tensor) => tf.max(input))(x));
    expectClose(await gradient.data(), [0, 0.5, 0.5], 0);
    tf.dispose([x, gradient]);
  });
});
