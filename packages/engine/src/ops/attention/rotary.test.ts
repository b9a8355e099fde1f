import { expectClose, expectNoLeak } from "@lowrank/testing";
import * as tf from "@tensorflow/tfjs-core";
import { describe, expect, it } from "vitest";
import { expectTwin, onEachBackend, waves } from "../../../test/compare-with-twin.ts";
import { waveValues } from "../../../test/packed-matrices.ts";

import { splitHeads } from "./heads.ts";
import { rotary, tokenRotary } from "./rotary.ts";

/** x·cos + rotate_half(x)·sin, as transformers writes it. */
function plainRotary(x: tf.Tensor, cos: tf.Tensor, sin: tf.Tensor): tf.Tensor {
  const half = (x.shape[3] ?? 0) / 2;
  const [first, second] = [
    tf.slice(x, [0, 0, 0, 0], [-1, -1, -1, half]),
    tf.slice(x, [0, 0, 0, half], [-1, -1, -1, half]),
  ];
  const twice = (table: tf.Tensor) => tf.concat([table, table], table.rank - 1);
  return tf.add(tf.mul(x, twice(cos)), tf.mul(tf.concat([tf.neg(second), first], 3), twice(sin)));
}

/** Computed by the host, as models do it: a shader's sine may be wrong by 2⁻¹¹ (WGSL, "Floating Point Accuracy"). */
function tables(...shape: number[]): { cos: tf.Tensor; sin: tf.Tensor } {
  const angles = waveValues(tf.util.sizeFromShape(shape), 5).map((value) => 3 * value);
  return { cos: tf.tensor(angles.map(Math.cos), shape), sin: tf.tensor(angles.map(Math.sin), shape) };
}

onEachBackend(() => {
  describe("rotary", () => {
    it("equals transformers' formula, with one table for all rows or one for each", async () => {
      for (const shape of [
        [5, 4],
        [2, 1, 5, 4],
      ]) {
        const { cos, sin } = tables(...shape);
        await expectTwin(
          (x) => rotary(x, { cos, sin }),
          (x) => plainRotary(x, cos, sin),
          [waves([2, 3, 5, 8])],
        );
        tf.dispose([cos, sin]);
      }
    });

    it("does not change the features after the first 2·pairs", async () => {
      const { cos, sin } = tables(5, 2);
      const rest = (x: tf.Tensor) => tf.slice(x, [0, 0, 0, 4], [-1, -1, -1, 3]);
      const rotated = (x: tf.Tensor) => plainRotary(tf.slice(x, [0, 0, 0, 0], [-1, -1, -1, 4]), cos, sin);
      await expectTwin(
        (x) => rotary(x, { cos, sin }),
        (x) => tf.concat([rotated(x), rest(x)], 3),
        [waves([1, 2, 5, 7])],
      );
      tf.dispose([cos, sin]);
    });

    it("rotates adjacent features if interleaved", async () => {
      const { cos, sin } = tables(3, 2);
      const order = [0, 2, 1, 3];
      const reorder = (x: tf.Tensor) => tf.gather(x, order, 3); // its own inverse
      await expectTwin(
        (x) => rotary(x, { cos, sin, interleaved: true }),
        (x) => reorder(plainRotary(reorder(x), cos, sin)),
        [waves([2, 1, 3, 4])],
      );
      tf.dispose([cos, sin]);
    });

    it("rotates queries and keys of tokens as it does heads, with one table for all rows or one for each", async () => {
      const [batch, time, size] = [2, 5, 6];
      for (const rows of [1, batch])
        for (const interleaved of [false, true]) {
          const options = { ...tables(rows, 1, time, 2), interleaved };
          const tokens = (x: tf.Tensor) => tf.reshape(x, [batch * time, -1, 1, size]);
          const heads = (x: tf.Tensor) => {
            const split = splitHeads(tf.reshape(x, [batch, time, -1]), x.size / (batch * time * size));
            return tf.reshape(tf.transpose(rotary(split, options), [0, 2, 1, 3]), [batch * time, -1]);
          };
          await expectTwin(
            (query, key) => {
              const both = tokenRotary(tokens(query as tf.Tensor), tokens(key as tf.Tensor), options);
              return tf.concat(
                both.map((x) => tf.reshape(x, [batch * time, -1])),
                1,
              );
            },
            (...both) => tf.concat(both.map(heads), 1),
            [waves([batch, time, 3 * size]), waves([batch, time, size], 2)],
          );
          tf.dispose([options.cos, options.sin]);
        }
    });

    it("keeps lengths", async () => {
      const { cos, sin } = tables(5, 4);
      const x = waves([2, 3, 5, 8]);
      const [before, after] = tf.tidy(() => [tf.norm(x, 2, 3), tf.norm(rotary(x, { cos, sin }), 2, 3)] as const);
      expectClose(await after.data(), await before.data(), 1e-5);
      tf.dispose([cos, sin, x, before, after]);
    });

    it("works with tables that live only inside the differentiated function", async () => {
      const x = tf.variable(waves([1, 1, 2, 4]));
      await expectNoLeak(() => tf.dispose(tf.variableGrads(() => tf.sum(rotary(x, tables(2, 2))), [x])));
      x.dispose();
    });

    it("names shapes that do not fit", () => {
      const { cos, sin } = tables(5, 4);
      expect(() => rotary(tf.ones([1, 1, 5, 6]), { cos, sin })).toThrow(
        expect.objectContaining({ code: "SHAPE_MISMATCH" }),
      );
      tf.dispose([cos, sin]);
    });
  });
});
