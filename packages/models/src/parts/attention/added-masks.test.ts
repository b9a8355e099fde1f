import { inferenceContext } from "@lowrank/contracts";
import "@tensorflow/tfjs-backend-cpu";
import { expectNoLeak } from "@lowrank/testing";
import * as tf from "@tensorflow/tfjs-core";
import { describe, expect, it } from "vitest";
import { Pass } from "../pass.ts";
import { addedMasks } from "./added-masks.ts";

/** The keys that each query gets its values from, by transformers' `where(own, scores, lowest) + shared`. */
function keysOf(window: number | null, shown: readonly number[]): readonly (readonly number[])[] {
  return tf.tidy(() => {
    const ids = tf.zeros<tf.Rank.R2>([1, shown.length], "int32");
    const attentionMask = tf.tensor2d([...shown], [1, shown.length], "int32");
    const pass = new Pass(inferenceContext(), { inputIds: ids, positions: [], attentionMask, causal: true });
    const [[rows = []] = []] = (addedMasks(window)(pass) as tf.Tensor4D).arraySync();
    pass.dispose();
    return rows.map((row) => row.flatMap((value, key) => (value >= 0 ? [key] : [])));
  });
}

describe("a query that sees only padding", () => {
  it("is the mean of what its own layer shows, with padding on the left", () => {
    expect(keysOf(null, [0, 0, 0, 1, 1])).toEqual([[0], [0, 1], [0, 1, 2], [3], [3, 4]]);
    expect(keysOf(2, [0, 0, 0, 1, 1])).toEqual([[0], [0, 1], [1, 2], [3], [3, 4]]);
  });

  it("includes tokens before its window, with padding on the right", () => {
    expect(keysOf(2, [1, 1, 1, 0, 0])).toEqual([[0], [0, 1], [1, 2], [2], [0, 1, 2, 3, 4]]);
  });
});

it("a mask is made once and freed with its pass", () =>
  expectNoLeak(() => {
    const [inputIds, attentionMask] = [tf.zeros<tf.Rank.R2>([1, 3], "int32"), tf.ones<tf.Rank.R2>([1, 3], "int32")];
    const pass = new Pass(inferenceContext(), { inputIds, positions: [], attentionMask, causal: true });
    const make = addedMasks(2);
    expect(make(pass)).toBe(make(pass));
    pass.dispose();
    tf.dispose([inputIds, attentionMask]);
  }));
