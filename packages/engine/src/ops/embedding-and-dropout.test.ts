import { expectClose, expectNoLeak } from "@lowrank/testing";
import * as tf from "@tensorflow/tfjs-core";
import { describe, expect, it } from "vitest";
import { expectTwin, onEachBackend, waves } from "../../test/compare-with-twin.ts";
import { ArgumentError } from "../errors.ts";
import { FrozenWeight } from "../frozen-weight.ts";
import { dropoutMask } from "../random/masks/dropout-mask.ts";
import { matrix } from "../rows.ts";
import { dropout } from "./dropout.ts";
import { embeddingLookup } from "./embedding-lookup.ts";

const key = { seed: 7, step: 3, microStep: 1, path: "h.0" };

onEachBackend((backend) => {
  describe("embeddingLookup", () => {
    it("equals a product with one-hot rows, repeated ids included", async () => {
      for (const ids of [
        tf.tensor2d(
          [
            [4, 0, 4],
            [1, 4, 2],
          ],
          [2, 3],
          "int32",
        ),
        tf.tensor1d([], "int32"),
      ]) {
        const plain = (table: tf.Tensor) => {
          const onehot = tf.cast(tf.oneHot(tf.reshape<tf.Rank.R1>(ids, [ids.size]), 5), "float32");
          return tf.reshape(tf.matMul(onehot, table), [...ids.shape, 3]);
        };
        await expectTwin((table) => embeddingLookup(table, ids), plain, [waves([5, 3])]);
        ids.dispose();
      }
    });

    it("sends no gradient to the row of padding", async () => {
      const ids = tf.tensor1d([4, 1, 4, 0], "int32");
      const table = matrix(waves([5, 3]));
      const loss = (x: tf.Tensor) => tf.sum<tf.Tensor>(embeddingLookup(x, ids, { paddingRow: 4 }));
      const gradient = tf.grad(loss)(table);
      expect([...(await gradient.data())]).toEqual([1, 1, 1, 1, 1, 1, ...Array(9).fill(0)]);
      tf.dispose([ids, table, gradient]);
    });

    it("looks rows of a tied head up whichever way it is stored", async () => {
      const table = matrix(waves([6, 4]));
      const ids = tf.tensor1d([5, 0, 5], "int32");
      const expected = await tf.tidy(() => tf.gather(table, ids)).data();
      for (const head of [FrozenWeight.fromTransposed(tf.clone(table)), FrozenWeight.from(tf.transpose(table))]) {
        const rows = embeddingLookup(head, ids);
        expect(rows.shape).toEqual([3, 4]);
        expectClose(await rows.data(), expected, 0);
        rows.dispose();
        head.dispose();
      }
      tf.dispose([table, ids]);
    });
  });

  describe("dropout", () => {
    it("drops the same entries for the same key on every backend", async () => {
      const x = tf.ones([3, 7]);
      const y = dropout(x, 0.5, key);
      // Written down once: a change here would make old runs impossible to repeat.
      expect([...(await y.data())].map((value) => (value === 0 ? "." : "2")).join("")).toMatchInlineSnapshot(
        `"....2222.....2.222222"`,
      );
      tf.dispose([x, y]);
    });

    it("draws the host's factors in every segment, from 8 bits, 16 bits and for old masks", async () => {
      const x = tf.ones([3, 3000]); // a segment has 4096 or 2048 entries
      for (const draw of [
        { rate: 0.1, key },
        { rate: 0.003, key },
        { rate: 0.3, key: { ...key, oldMasks: true } },
      ]) {
        const y = dropout(x, draw.rate, draw.key);
        expectClose(await y.data(), dropoutMask(draw).factors({ first: 0, count: x.size }), 1e-6);
        y.dispose();
      }
      x.dispose();
    });

    it("drops about the given share and keeps the mean", async () => {
      const x = tf.ones([40_000]);
      const y = dropout(x, 0.3, key);
      const values = [...(await y.data())];
      const dropped = values.filter((value) => value === 0).length / values.length;
      expect(Math.abs(dropped - 0.3)).toBeLessThan(4 * Math.sqrt((0.3 * 0.7) / values.length)); // four standard errors
      expectClose([...new Set(values)].sort(), [0, 256 / (256 - 77)], 1e-6); // 77/256 is the rate that is drawn
      tf.dispose([x, y]);
    });

    it("drops other entries in another step, micro-step, path or run", async () => {
      const x = tf.ones([64]);
      const keys = [key, { ...key, step: 4 }, { ...key, microStep: 2 }, { ...key, path: "h.1" }, { ...key, seed: 8 }];
      const dropped = keys.map((one) => dropout(x, 0.5, one));
      const masks = await Promise.all(dropped.map(async (mask) => (await mask.data()).join()));
      expect(new Set(masks).size).toBe(keys.length);
      tf.dispose([x, dropped]);
    });

    it("passes the gradient through the entries it kept", async () => {
      const mask = tf.tidy(() => dropout(tf.ones([4, 5]), 0.4, key));
      await expectTwin(
        (x) => dropout(x, 0.4, key),
        (x) => tf.mul(x, mask),
        [waves([4, 5])],
      );
      mask.dispose();
    });

    it("returns its input at rate 0, as a new handle", async () => {
      const x = waves([4]);
      const y = dropout(x, 0, key);
      x.dispose();
      expect((await y.data()).length).toBe(4);
      y.dispose();
    });

    it("leaks nothing", async () => {
      const x = tf.variable(waves([4, 5]));
      await expectNoLeak(() => tf.dispose(tf.variableGrads(() => tf.sum(dropout(x, 0.5, key)), [x])));
      x.dispose();
    });

    it(`refuses to drop everything (${backend})`, () => {
      expect(() => dropout(tf.ones([1]), 1, key)).toThrow(ArgumentError);
      expect(() => dropout(tf.ones([1]), Number.NaN, key)).toThrow(ArgumentError);
    });
  });
});
