import { expectNoLeak } from "@lowrank/testing";
import "@tensorflow/tfjs-backend-cpu";
import * as tf from "@tensorflow/tfjs-core";
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { expectTwin, onEachBackend, waves } from "../../../test/compare-with-twin.ts";
import { drawsOn } from "../../../test/test-engines.ts";
import { expectTwoLosses } from "../../../test/two-losses.ts";

import { attention } from "./attention.ts";
import { causalMask } from "./attention-mask.ts";
import { groupAttention } from "./group-attention.ts";
import { joinHeads, splitHeads } from "./heads.ts";

interface Shape {
  readonly groups: readonly { readonly rows: number; readonly time: number }[];
  readonly heads: readonly [number, number];
  readonly size: number;
  readonly mask: "none" | "causal" | "by head" | "by key" | "by row";
  readonly cap: number | undefined;
  /** Rate of dropout. */
  readonly rate: number;
}

const count = fc.integer({ min: 1, max: 4 });
const shapes: fc.Arbitrary<Shape> = fc.record({
  groups: fc.array(fc.record({ rows: count, time: fc.integer({ min: 1, max: 7 }) }), { minLength: 1, maxLength: 4 }),
  heads: fc.constantFrom([4, 4] as const, [6, 2] as const, [3, 1] as const, [1, 1] as const),
  size: count,
  mask: fc.constantFrom("none", "causal", "by head", "by key", "by row"),
  cap: fc.constantFrom(undefined, 0.7),
  rate: fc.constantFrom(0, 0.3),
});

function masksOf({ groups, mask, heads: [heads] }: Shape): readonly (tf.Tensor | undefined)[] {
  return groups.map(({ rows, time }) => {
    if (mask === "none") return undefined;
    return tf.tidy(() => {
      if (mask === "by row") return tf.mul(tf.reshape(tf.range(0, rows * time), [rows, 1, 1, time]), 0.1);
      const bias = tf.reshape(tf.range(0, heads * time), [1, heads, 1, time]);
      if (mask === "by key") return tf.mul(bias, 0.1);
      return mask === "causal" ? causalMask(time) : tf.add(causalMask(time), tf.mul(bias, 0.1));
    });
  });
}

const key = { seed: 5, step: 1, microStep: 0 };
const draw = (rate: number, index: number) =>
  rate === 0 ? undefined : { rate, key: { ...key, path: `group ${index}` } };

/** Row by row, or, where weights drop out, group by group: its rows draw together. */
function plain([query, key, value]: readonly tf.Tensor[], shape: Shape) {
  const { groups, heads, cap, rate } = shape;
  const masks = masksOf(shape);
  const units = groups.flatMap(({ rows, time }, index) => {
    const [rest, mask] = [{ time, dropout: draw(rate, index) }, masks[index]];
    const maskOf = (row: number) => (mask && mask.shape[0] !== 1 ? tf.slice(mask, row, 1) : mask);
    if (rate > 0) return [{ rows, mask, ...rest }];
    return Array.from({ length: rows }, (_, row) => ({ rows: 1, mask: maskOf(row), ...rest }));
  });
  const sizes = units.map(({ rows, time }) => rows * time);
  const [queries, keys, values] = [query, key, value].map((x) => tf.split(x as tf.Tensor, sizes, 0));
  const outputs = units.map(({ rows, time, mask, dropout }, unit) => {
    const headsOf = (parts: readonly tf.Tensor[] | undefined, own: number) =>
      splitHeads(tf.reshape(parts?.[unit] as tf.Tensor, [rows, time, -1]), own);
    const mixed = attention({
      query: headsOf(queries, heads[0]),
      key: headsOf(keys, heads[1]),
      value: headsOf(values, heads[1]),
      dropout,
      ...(mask === undefined ? {} : { mask }),
      ...(cap === undefined ? {} : { cap }),
    });
    return tf.reshape(joinHeads(mixed), [rows * time, 1, -1]);
  });
  return tf.concat(outputs, 0);
}

onEachBackend((engine) => {
  describe("groupAttention", () => {
    it("is the attention of each row by itself, with its gradients", async () => {
      await fc.assert(
        fc.asyncProperty(shapes, async (shape) => {
          const { groups, heads, size, cap, rate } = shape;
          const tokens = groups.reduce((sum, { rows, time }) => sum + rows * time, 0);
          const masks = masksOf(shape);
          const withMasks = groups.map((group, index) => ({
            ...group,
            mask: masks[index],
            dropout: draw(rate, index),
          }));
          await expectTwin(
            (query, key, value) =>
              groupAttention({
                query,
                key,
                value,
                heads: heads[0],
                keyHeads: heads[1],
                groups: withMasks,
                ...(cap === undefined ? {} : { cap }),
              }),
            (...inputs) => plain(inputs, shape),
            [
              waves([tokens, heads[0], 1, size]),
              waves([tokens, heads[1], 1, size], 2),
              waves([tokens, 1, heads[1] * (size + 1)], 3),
            ],
            // If a query has one key only, the gradients of query and key are differences of equal terms of about 1.
            { terms: [0, 1, 1, 0], twinOn: "cpu" },
          );
          tf.dispose(masks.filter((mask) => mask !== undefined));
        }),
        { numRuns: drawsOn(engine, 20) },
      );
    });

    it("is that of rows too long to be computed with all their heads at once", async () => {
      if (engine !== "native") return;
      const shape = { heads: [4, 2], size: 2, mask: "causal", cap: undefined } as const;
      for (const rate of [0, 0.3]) {
        const group = { rows: 2, time: 410 };
        const long = { ...shape, groups: [group, { rows: 1, time: 3 }], rate };
        const masks = masksOf(long);
        const groups = long.groups.map((own, index) => ({ ...own, mask: masks[index], dropout: draw(rate, index) }));
        await expectTwin(
          (query, key, value) => groupAttention({ query, key, value, heads: 4, keyHeads: 2, groups }),
          (...inputs) => plain(inputs, long),
          [waves([823, 4, 1, 2]), waves([823, 2, 1, 2], 2), waves([823, 1, 6], 3)],
        );
        tf.dispose(masks.filter((mask) => mask !== undefined));
      }
    });

    it("gives each of two losses over one tape its gradients", async () => {
      const groups = [
        { rows: 2, time: 2, dropout: draw(0.3, 0) },
        { rows: 1, time: 3, mask: causalMask(3) },
      ];
      const inputs = [waves([7, 4, 1, 3]), waves([7, 2, 1, 3], 2), waves([7, 1, 8], 3)];
      const attend = (query: tf.Tensor, key: tf.Tensor, value: tf.Tensor) =>
        groupAttention({ query, key, value, heads: 4, keyHeads: 2, groups });
      await expectTwoLosses(attend, inputs);
      tf.dispose([...inputs, groups[1]?.mask ?? []]);
    });

    it("leaks nothing", async () => {
      const query = tf.variable(waves([5, 4]));
      const mask = causalMask(3);
      const groups = [
        { rows: 1, time: 2 },
        { rows: 1, time: 3, mask },
      ];
      await expectNoLeak(() =>
        tf.dispose(
          tf.variableGrads(
            () => tf.sum(groupAttention({ query, key: query, value: query, heads: 2, keyHeads: 2, groups })),
            [query],
          ),
        ),
      );
      tf.dispose([query, mask]);
    });

    it("names shapes that do not fit", () => {
      const x = tf.ones([5, 1, 8]);
      const given = { query: x, key: x, value: x, heads: 4, keyHeads: 4 };
      expect(() => groupAttention({ ...given, groups: [{ rows: 2, time: 2 }] })).toThrow(
        expect.objectContaining({ code: "SHAPE_MISMATCH" }),
      );
      expect(() => groupAttention({ ...given, keyHeads: 3, groups: [{ rows: 1, time: 5 }] })).toThrow(
        expect.objectContaining({ code: "SHAPE_MISMATCH" }),
      );
      expect(() => groupAttention({ ...given, keyHeads: 2, groups: [{ rows: 1, time: 5 }] })).toThrow(/2 heads of 2/);
      const groups = [{ rows: 1, time: 5, mask: tf.zeros([1, 2, 5, 5]) }];
      expect(() => groupAttention({ ...given, groups })).toThrow(/mask/);
    });
  });
});
