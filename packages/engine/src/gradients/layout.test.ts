import { expectClose } from "@lowrank/testing";
import * as tf from "@tensorflow/tfjs-core";
import { describe, it } from "vitest";
import { waves } from "../../test/compare-with-twin.ts";
import { type FlatCases, type GradientCase, one, testGradients, two } from "../../test/gradient-cases.ts";
import { layoutGradients } from "./layout.ts";

const layout: readonly GradientCase[] = [
  one("Reshape", (x) => tf.square(tf.reshape(x, [4, 3]))),
  one("ExpandDims", (x) => tf.square(tf.expandDims(x, 1))),
  one(
    "Transpose",
    (x) => tf.square(tf.transpose(x, [2, 0, 1])),
    () => waves([2, 3, 4]),
  ),
  one("Slice", (x) => tf.square(tf.slice(x, [1, 0], [-1, 3]))),
  one("PadV2", (x) =>
    tf.square(
      tf.pad(
        x,
        [
          [1, 0],
          [2, 3],
        ],
        0.5,
      ),
    ),
  ),
  one(
    "Tile",
    (x) => tf.square(tf.tile(x, [2, 3])),
    () => waves([3, 2]),
  ),
  one(
    "Tile",
    (x) => tf.square(tf.tile(x, [1, 2, 3])),
    () => waves([2, 3, 2]),
  ),
  one("BroadcastTo", (x) => tf.square(tf.broadcastTo(x, [2, 3, 4]))),
  one("Reverse", (x) => tf.square(tf.reverse(x, 1))),
  one("SplitV", (x) => tf.square(tf.concat(tf.split(x, [1, 3], 1).slice(1), 1))),
  one("Unpack", (x) => tf.square(tf.unstack(x, 1)[2] ?? x)),
  two("Concat", (a, b) => tf.square(tf.concat([a, b, a], 1)), [2, 3], [2, 4]),
  two("Pack", (a, b) => tf.square(tf.stack([a, b], 1)), [2, 3], [2, 3]),
  two("Select", (a, b) => tf.where(tf.greater(a, 0), tf.square(a), b), [3, 4], [3, 4]),
];

const flat: FlatCases = {
  OneHot: (x) => tf.oneHot(tf.cast(tf.argMax(x, 1), "int32"), 4),
};

describe("gradients of layout", () => {
  testGradients(layoutGradients, layout, flat);

  it("ignores entries that were not chosen, even NaN", async () => {
    const x = tf.tensor1d([-1, 4]);
    const gradient = tf.tidy(() =>
      tf.grad((input: tf.Tensor) =>
        tf.sum(tf.where(tf.greater(input, 0), input, tf.mul(Number.NaN, tf.onesLike(input)))),
      )(x),
    );
    expectClose(await gradient.data(), [0, 1], 0);
    tf.dispose([x, gradient]);
  });
});
