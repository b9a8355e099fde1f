import * as tf from "@tensorflow/tfjs-core";
import { describe } from "vitest";
import { waves } from "../../test/compare-with-twin.ts";
import { type GradientCase, one, positive, testGradients, two } from "../../test/gradient-cases.ts";
import { convolutionGradients } from "./convolutions.ts";

const image = () => waves([2, 5, 4, 2]);
const asImage = (x: tf.Tensor) => tf.reshape<tf.Rank.R4>(x, [2, 5, 4, 2]);
const asFilter = (x: tf.Tensor, last: number) => tf.reshape<tf.Rank.R4>(x, [3, 2, 2, last]);

const geometry = (["same", "valid"] as const).flatMap((pad) => [1, 2].map((stride) => ({ pad, stride })));

const convolutions: readonly GradientCase[] = geometry.flatMap(({ pad, stride }) => [
  two("Conv2D", (x, f) => tf.conv2d(asImage(x), asFilter(f, 3), stride, pad), [2, 5, 4, 2], [3, 2, 2, 3]),
  two(
    "DepthwiseConv2dNative",
    (x, f) => tf.depthwiseConv2d(asImage(x), asFilter(f, 2), stride, pad),
    [2, 5, 4, 2],
    [3, 2, 2, 2],
  ),
  one("MaxPool", (x) => tf.maxPool(asImage(x), [3, 2], stride, pad), image),
  one("AvgPool", (x) => tf.avgPool(asImage(x), [3, 2], stride, pad), image),
]);

const transposedConvolution = two(
  "Conv2DBackpropInput",
  (x, f) => tf.conv2dTranspose(asImage(x), tf.reshape<tf.Rank.R4>(f, [3, 2, 3, 2]), [2, 10, 8, 3], 2, "same"),
  [2, 5, 4, 2],
  [3, 2, 3, 2],
);

const batchNorm: GradientCase = {
  kernel: "FusedBatchNorm",
  compute: (...[x, mean, variance, offset, scale]) =>
    tf.batchNorm(
      asImage(x ?? tf.scalar(0)),
      tf.reshape<tf.Rank.R1>(mean ?? tf.scalar(0), [2]),
      tf.reshape<tf.Rank.R1>(positive(variance ?? tf.scalar(0)), [2]),
      tf.reshape<tf.Rank.R1>(offset ?? tf.scalar(0), [2]),
      tf.reshape<tf.Rank.R1>(scale ?? tf.scalar(0), [2]),
    ),
  inputs: () => [image(), waves([2], 2), waves([2], 3), waves([2], 4), waves([2], 5)],
};

describe("gradients of convolutions", () => {
  testGradients(convolutionGradients, [...convolutions, transposedConvolution, batchNorm]);
});
