// A block that is computed again during backward: the gradients of the operations in it, taken on a tape of their own.

import { fc } from "@fast-check/vitest";
import * as tf from "@tensorflow/tfjs-core";
import { addLowRank } from "../../src/ops/add-low-rank.ts";
import { silu } from "../../src/ops/silu.ts";
import { matrix } from "../../src/rows.ts";
import { recompute } from "../../src/tape/recompute.ts";
import { at, product, sigmoid } from "./float64.ts";
import { defineOperation, type OperationCase, required, size } from "./operation-case.ts";

interface Settings {
  readonly rows: number;
  readonly features: number;
  readonly rank: number;
}

const block = defineOperation<Settings>({
  name: "recompute",
  settings: fc.record({ rows: fc.integer({ min: 0, max: 5 }), features: size, rank: size }),
  large: [{ rows: 131, features: 257, rank: 17 }],
  use: ({ rows, features, rank }) => ({
    shapes: [
      [rows, features],
      [features, rank],
      [rank, features],
    ],
    compute: (...inputs) =>
      recompute({
        compute: (x, a, b) => addLowRank(silu(required(x)), required(x), matrix(required(a)), matrix(required(b)), 2),
        inputs,
        variables: [],
      }),
    twin: (x, a, b) => {
      const activated = tf.mul(required(x), tf.sigmoid(required(x)));
      return tf.add(activated, tf.mul(tf.matMul(tf.matMul(required(x), required(a)), required(b)), 2));
    },
    reference: (x, a, b) => {
      const update = product(product(required(x), required(a), features), required(b), rank);
      return required(x).map((value, index) => value * sigmoid(value) + 2 * at(update, index));
    },
  }),
});

export const recomputedBlocks: readonly OperationCase[] = [block];
