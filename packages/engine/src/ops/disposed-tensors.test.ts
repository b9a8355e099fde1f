// A tensor that was disposed of is refused by name, on every engine, instead of by what a kernel says of its own inside.

import { fc } from "@fast-check/vitest";
import * as tf from "@tensorflow/tfjs-core";
import { describe, expect, it } from "vitest";
import { onEachBackend } from "../../test/compare-with-twin.ts";
import { everyOperation } from "../../test/operations/every-operation.ts";
import { type OperationUse, sizeOf } from "../../test/operations/operation-case.ts";

import { FrozenWeight } from "../frozen-weight.ts";
import { attention } from "./attention/attention.ts";
import { rotary } from "./attention/rotary.ts";
import { convolve } from "./convolve.ts";
import { embeddingLookup } from "./embedding-lookup.ts";
import { crossEntropy } from "./losses/cross-entropy.ts";
import { linearCrossEntropy } from "./losses/linear-cross-entropy.ts";

function disposed<R extends tf.Rank>(shape: tf.ShapeMap[R], dtype?: "int32"): tf.Tensor<R> {
  const tensor = tf.zeros<R>(shape, dtype);
  tensor.dispose();
  return tensor;
}

const geometry = { kernel: [1, 1], strides: [1, 1], padding: [0, 0], dilations: [1, 1], groups: 1 } as const;

/** Tensors for which nothing is differentiated. */
const others: Readonly<Record<string, () => tf.Tensor>> = {
  "attention: mask": () => {
    const query = tf.ones([1, 1, 2, 3]);
    return attention({ query, key: query, value: query, mask: disposed([1, 1, 2, 2]) });
  },
  "rotary: cos": () => rotary(tf.ones([1, 1, 2, 4]), { cos: disposed([2, 2]), sin: tf.ones([2, 2]) }),
  "crossEntropy: labels": () => crossEntropy(tf.ones([2, 3]), disposed<tf.Rank.R1>([2], "int32")),
  "linearCrossEntropy: bias": () => {
    const head = FrozenWeight.from(tf.ones([4, 3]));
    return linearCrossEntropy(tf.ones([2, 4]), head, tf.zeros([2], "int32"), { bias: disposed([3]) });
  },
  "embeddingLookup: ids": () => embeddingLookup(tf.ones([3, 2]), disposed([2], "int32")),
  "convolve: filter": () => convolve(tf.ones([1, 2, 2, 1]), disposed([1, 1, 1, 1]), geometry),
};

onEachBackend(() => {
  describe("a tensor that was disposed of", () => {
    it.each(everyOperation)("is refused as any input of $name", ({ uses }) => {
      const drawn = fc.sample(uses, { seed: 1, numRuns: 10 }).find(({ shapes }) => shapes.every(sizeOf));
      if (drawn === undefined) throw new Error("Every use that was drawn is empty.");
      for (const input of drawn.shapes.keys())
        expect(() => withDisposed(drawn, input)).toThrow(expect.objectContaining({ code: "DISPOSED" }));
    });

    it.each(Object.entries(others))("is refused as %s", (_, compute) => {
      expect(() => tf.tidy(compute)).toThrow(expect.objectContaining({ code: "DISPOSED" }));
    });
  });
});

function withDisposed(use: OperationUse, input: number): void {
  const release = use.prepare?.();
  try {
    tf.tidy(() => {
      const inputs = use.shapes.map((shape) => tf.zeros([...shape]));
      inputs[input]?.dispose();
      return use.compute(...inputs);
    });
  } finally {
    release?.();
  }
}
