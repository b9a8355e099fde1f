import * as tf from "@tensorflow/tfjs-core";
import { describe } from "vitest";
import { waves } from "../../test/compare-with-twin.ts";
import { type GradientCase, one, testGradients, two } from "../../test/gradient-cases.ts";
import { productGradients } from "./products.ts";

const ids = () => tf.tensor1d([2, 0, 2, 1], "int32");

const products: readonly GradientCase[] = [
  ...[false, true].flatMap((tA) =>
    [false, true].flatMap((tB) =>
      [
        [[], []],
        [[2], [2]],
        [[2], [1]],
        [[1], [2]],
      ].map(([batchA = [], batchB = []]) =>
        two(
          "BatchMatMul",
          (a, b) => tf.matMul(a, b, tA, tB),
          [...batchA, ...(tA ? [4, 3] : [3, 4])],
          [...batchB, ...(tB ? [5, 4] : [4, 5])],
        ),
      ),
    ),
  ),
  one("GatherV2", (x) => tf.gather(x, ids())),
  one(
    "GatherV2",
    (x) => tf.gather(x, ids(), 1),
    () => waves([2, 3, 2]),
  ),
  one(
    "GatherV2",
    (x) =>
      tf.gather(
        x,
        tf.tensor2d(
          [
            [0, 2],
            [1, 1],
          ],
          [2, 2],
          "int32",
        ),
        2,
      ),
    () => waves([2, 2, 3]),
  ),
  one(
    "GatherV2",
    (x) =>
      tf.gather(
        x,
        tf.tensor2d(
          [
            [0, 2],
            [1, 1],
          ],
          [2, 2],
          "int32",
        ),
        1,
        1,
      ),
    () => waves([2, 3, 2]),
  ),
  one("GatherNd", (x) =>
    tf.gatherND(
      x,
      tf.tensor2d(
        [
          [0, 1],
          [2, 3],
          [0, 1],
        ],
        [3, 2],
        "int32",
      ),
    ),
  ),
  one("UnsortedSegmentSum", (x) => tf.unsortedSegmentSum(x, tf.tensor1d([1, -1, 1], "int32"), 3)),
];

describe("gradients of products", () => {
  testGradients(productGradients, products);
});
