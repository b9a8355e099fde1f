import * as tf from "@tensorflow/tfjs-core";
import { describe } from "vitest";
import { apart, type FlatCases, type GradientCase, positive, testGradients, two } from "../../test/gradient-cases.ts";
import { arithmeticGradients } from "./arithmetic.ts";

const broadcasts: readonly [number[], number[]][] = [
  [
    [3, 4],
    [3, 4],
  ],
  [[3, 4], [4]],
  [
    [3, 1],
    [1, 4],
  ],
  [
    [2, 1, 3],
    [4, 1],
  ],
  [[], [2, 3]],
];

const arithmetic: readonly GradientCase[] = broadcasts.flatMap(([a, b]) => [
  two("Add", tf.add, a, b),
  two("Sub", tf.sub, a, b),
  two("Multiply", tf.mul, a, b),
  two("RealDiv", (x, y) => tf.div(x, positive(y)), a, b),
  two("Pow", (x, y) => tf.pow(positive(x), y), a, b),
  { ...two("Maximum", tf.maximum, a, b), inputs: () => [apart(a), apart(b, 0.025)] },
  { ...two("Minimum", tf.minimum, a, b), inputs: () => [apart(a), apart(b, 0.025)] },
  two("SquaredDifference", tf.squaredDifference, a, b),
  two("Mod", (x, y) => tf.mod(tf.mul(positive(x), 2), tf.add(tf.mul(y, 0.2), 10)), a, b),
]);

const others: readonly GradientCase[] = [
  two("Prelu", (x, alpha) => tf.prelu(x, alpha), [3, 4], [4]),
  two("AddN", (a, b) => tf.square(tf.addN([a, b, a])), [2, 3], [2, 3]),
];

const flat: FlatCases = {
  FloorDiv: (x) => tf.floorDiv(x, 0.3),
};

describe("gradients of arithmetic", () => {
  testGradients(arithmeticGradients, [...arithmetic, ...others], flat);
});
