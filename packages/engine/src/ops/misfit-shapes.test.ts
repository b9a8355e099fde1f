// Shapes that do not fit are refused by name, on every engine, before anything native is called.

import { expectClose } from "@lowrank/testing";
import * as tf from "@tensorflow/tfjs-core";
import { describe, expect, it } from "vitest";
import { onEachBackend } from "../../test/compare-with-twin.ts";

import { FrozenWeight } from "../frozen-weight.ts";
import { addLowRank } from "./add-low-rank.ts";
import { addResidual } from "./add-residual.ts";
import { attention } from "./attention/attention.ts";
import { joinHeads, splitHeads } from "./attention/heads.ts";
import { rotary } from "./attention/rotary.ts";
import { embeddingLookup } from "./embedding-lookup.ts";
import { frozenLinear } from "./frozen-linear.ts";
import { gelu } from "./gelu.ts";
import { layerNorm } from "./layer-norm.ts";
import { crossEntropy } from "./losses/cross-entropy.ts";
import { linearCrossEntropy } from "./losses/linear-cross-entropy.ts";
import { rmsNorm } from "./rms-norm.ts";
import { swiglu } from "./silu.ts";

const ones = <Rank extends tf.Rank = tf.Rank>(...shape: tf.ShapeMap[Rank]) => tf.ones<Rank>(shape);
const weight = () => FrozenWeight.from(ones<tf.Rank.R2>(4, 3));
const labels = (count: number) => tf.zeros<tf.Rank.R1>([count], "int32");
const rotatedBy = (...shape: number[]) => rotary(ones(2, 1, 5, 4), { cos: tf.ones(shape), sin: tf.ones(shape) });
const attended = (key: number[], value: number[], mask?: number[]) =>
  attention({
    query: ones(2, 4, 3, 8),
    key: tf.ones(key),
    value: tf.ones(value),
    ...(mask === undefined ? {} : { mask: tf.ones(mask) }),
  });

const misfits: Readonly<Record<string, () => tf.Tensor>> = {
  "frozenLinear: other features": () => frozenLinear(ones(2, 5), weight()),
  "frozenLinear: a scalar": () => frozenLinear(tf.scalar(1), weight()),
  "frozenLinear: a bias that is too long": () => frozenLinear(ones(2, 4), weight(), ones(4)),
  "addLowRank: an output of other rows": () => addLowRank(ones(5, 3), ones(4, 2), ones(2, 1), ones(1, 3), 1),
  "addLowRank: an output of one row, which would be repeated": () =>
    addLowRank(ones(1, 3), ones(4, 2), ones(2, 1), ones(1, 3), 1),
  "addLowRank: an output of other axes": () => addLowRank(ones(6, 3), ones(2, 3, 2), ones(2, 1), ones(1, 3), 1),
  "addLowRank: two ranks": () => addLowRank(ones(4, 3), ones(4, 2), ones(2, 1), ones(2, 3), 1),
  "addLowRank: A that is no matrix": () =>
    addLowRank(ones(4, 3), ones(4, 2), ones<tf.Rank.R1>(2) as tf.Tensor as tf.Tensor2D, ones(1, 3), 1),
  "addResidual: shapes that would broadcast": () => addResidual(ones(4, 3), ones(1, 3)),
  "layerNorm: a gain that is too long": () => layerNorm(ones(4, 3), ones(4), ones(3), 0.1),
  "layerNorm: a gain of two axes": () => layerNorm(ones(4, 3), ones(4, 3), ones(3), 0.1),
  "layerNorm: a bias of one entry": () => layerNorm(ones(4, 3), ones(3), ones(1), 0.1),
  "rmsNorm: a gain of two axes": () => rmsNorm(ones(4, 3), ones(1, 3), 0.1),
  "swiglu: shapes that would broadcast": () => swiglu(ones(4, 3), ones(1, 3)),
  "rotary: fewer positions than x has": () => rotatedBy(4, 2),
  "rotary: more positions than x has": () => rotatedBy(6, 2),
  "rotary: one position, which would be repeated": () => rotatedBy(1, 2),
  "rotary: fewer positions for each item": () => rotatedBy(2, 1, 3, 2),
  "rotary: tables of fewer items": () => rotatedBy(3, 1, 5, 2),
  "rotary: a table for each head": () => rotary(ones(1, 2, 5, 4), { cos: ones(1, 2, 5, 2), sin: ones(1, 2, 5, 2) }),
  "rotary: more pairs than features": () => rotatedBy(5, 3),
  "attention: key heads that do not divide the heads": () => attended([2, 3, 3, 8], [2, 3, 3, 8]),
  "attention: another batch of keys": () => attended([1, 4, 3, 8], [1, 4, 3, 8]),
  "attention: another head size": () => attended([2, 4, 3, 7], [2, 4, 3, 7]),
  "attention: fewer values than keys": () => attended([2, 4, 3, 8], [2, 4, 2, 8]),
  "attention: a mask of fewer queries": () => attended([2, 4, 3, 8], [2, 4, 3, 8], [1, 1, 2, 3]),
  "attention: a mask of more keys": () => attended([2, 4, 3, 8], [2, 4, 3, 8], [1, 1, 3, 4]),
  "attention: a mask of other heads": () => attended([2, 4, 3, 8], [2, 4, 3, 8], [1, 2, 3, 3]),
  "attention: a mask of two axes": () => attended([2, 4, 3, 8], [2, 4, 3, 8], [3, 3]),
  "crossEntropy: other rows of labels": () => crossEntropy(ones(3, 4), labels(2)),
  "crossEntropy: logits of three axes": () =>
    crossEntropy(ones<tf.Rank.R3>(2, 3, 4) as tf.Tensor as tf.Tensor2D, labels(2)),
  "linearCrossEntropy: other features": () => linearCrossEntropy(ones(2, 3), weight(), labels(2)),
  "linearCrossEntropy: a bias that is too long": () =>
    linearCrossEntropy(ones(2, 4), weight(), labels(2), { bias: ones(5) }),
  "embeddingLookup: a table of three axes": () => embeddingLookup(ones(2, 3, 4), labels(2)),
  "splitHeads: features that do not divide": () => splitHeads(ones(2, 3, 7), 2),
  "joinHeads: three axes": () => joinHeads(ones(2, 3, 8)),
};

onEachBackend(() => {
  describe("a shape that does not fit", () => {
    it.each(Object.entries(misfits))("is refused: %s", (_, compute) => {
      expect(() => tf.tidy(compute)).toThrow(expect.objectContaining({ code: "SHAPE_MISMATCH" }));
    });
  });

  describe("an input without entries, or of whole numbers", () => {
    it("equals the result of float numbers", async () => {
      const whole = tf.tensor2d([1, -2, 3, 0], [2, 2], "int32");
      const [actual, expected] = tf.tidy(() => [gelu(whole, "tanh"), gelu(tf.cast(whole, "float32"), "tanh")] as const);
      expectClose(await actual.data(), await expected.data(), 1e-6);
      tf.dispose([whole, actual, expected]);
    });

    it("attends to nothing, or not at all", () => {
      const shapes = tf.tidy(() => [
        attention({ query: ones(0, 2, 3, 4), key: ones(0, 2, 3, 4), value: ones(0, 2, 3, 4) }).shape,
        attention({ query: ones(1, 2, 0, 4), key: ones(1, 2, 3, 4), value: ones(1, 2, 3, 5) }).shape,
      ]) as unknown as number[][];
      expect(shapes).toEqual([
        [0, 2, 3, 4],
        [1, 2, 0, 5],
      ]);
    });
  });

  describe("a query that sees nothing", () => {
    it("is 0 although hidden values are NaN", async () => {
      const mask = tf.tensor4d([-1e9, -1e9, -1e9, 0], [1, 1, 2, 2]);
      const value = tf.tensor4d([Number.NaN, 1], [1, 1, 2, 1]);
      const query = ones(1, 1, 2, 1);
      const output = tf.tidy(() => attention({ query, key: query, value, mask }));
      expect([...(await output.data())]).toEqual([0, Number.NaN]);
      tf.dispose([mask, value, query, output]);
    });

    it("is not one whose mask is NaN", async () => {
      const mask = tf.tensor4d([Number.NaN, -1e9], [1, 1, 1, 2]);
      const output = tf.tidy(() =>
        attention({ query: ones(1, 1, 1, 1), key: ones(1, 1, 2, 1), value: ones(1, 1, 2, 1), mask }),
      );
      expect([...(await output.data())]).toEqual([Number.NaN]);
      tf.dispose([mask, output]);
    });
  });
});
