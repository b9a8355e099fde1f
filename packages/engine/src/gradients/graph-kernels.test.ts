import * as tf from "@tensorflow/tfjs-core";
import { describe } from "vitest";
import { waves } from "../../test/compare-with-twin.ts";
import { type GradientCase, one, testGradients, two } from "../../test/gradient-cases.ts";
import { graphKernelGradients } from "./graph-kernels.ts";

const indices = () => tf.tensor2d([3, 0, 3], [3, 1], "int32");
const image = () => waves([1, 4, 4, 2]);

/** begin, end, strides, and which axis is shrunk or new, in bits. */
const slices: readonly (readonly [number[], number[], number[], shrink?: number, added?: number])[] = [
  [
    [0, 1],
    [3, 4],
    [1, 2],
  ],
  [
    [2, 3],
    [0, 0],
    [-1, -2],
  ],
  [[1, 0], [2, 4], [1, 1], 1],
  [[0, 0, 1], [1, 3, 3], [1, 2, 1], 0, 1],
];

const moved: readonly GradientCase[] = [
  one("ScatterNd", (x) => tf.square(tf.scatterND(indices(), x, [5, 4]))),
  ...slices.map(([begin, end, strides, shrink = 0, added = 0]) =>
    one("StridedSlice", (x) => tf.square(tf.stridedSlice(x, begin, end, strides, 0, 0, 0, added, shrink))),
  ),
  one(
    "SpaceToBatchND",
    (x) => tf.square(tf.spaceToBatchND(x, [2, 2], [[1, 1], [0, 2]])), // biome-ignore format: two axes
    image,
  ),
  one(
    "BatchToSpaceND",
    (x) => tf.square(tf.batchToSpaceND(x, [2, 2], [[1, 0], [0, 1]])), // biome-ignore format: two axes
    () => waves([4, 2, 3, 1]),
  ),
];

const resized: readonly GradientCase[] = [false, true].flatMap((aligned) => [
  one("ResizeBilinear", (x) => tf.image.resizeBilinear(x as tf.Tensor4D, [7, 5], aligned), image),
  one("ResizeNearestNeighbor", (x) => tf.image.resizeNearestNeighbor(x as tf.Tensor4D, [7, 5], aligned), image),
]);

const einsums: readonly GradientCase[] = [
  two("Einsum", (a, b) => tf.einsum("ij,jk->ik", a, b), [2, 3], [3, 4]),
  two("Einsum", (a, b) => tf.einsum("abc,cde->abde", a, b), [2, 2, 3], [3, 2, 2]),
  two("Einsum", (a, b) => tf.einsum("bij,bjk->bki", a, b), [2, 2, 3], [2, 3, 2]),
  two("Einsum", (a, b) => tf.einsum("ij,kj->ik", a, b), [2, 3], [4, 3]),
  one("Einsum", (x) => tf.einsum("ij->ji", x)),
].map((each) => ({ ...each, notOn: "wasm" }));

describe("gradients of converted graphs' kernels", () => {
  testGradients(graphKernelGradients, [...moved, ...resized, ...einsums]);
});
