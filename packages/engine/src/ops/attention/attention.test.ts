import { expectClose, expectGradients, expectNoLeak } from "@lowrank/testing";
import * as tf from "@tensorflow/tfjs-core";
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { expectTwin, onEachBackend, waves } from "../../../test/compare-with-twin.ts";
import { drawKey, drawnFactors } from "../../../test/operations/drawn-factors.ts";
import { drawsOn } from "../../../test/test-engines.ts";
import { expectTwoLosses } from "../../../test/two-losses.ts";

import { attention } from "./attention.ts";
import { causalMask, combineMasks, paddingMask } from "./attention-mask.ts";

/** Keys and values repeated for each query head, as transformers' `repeat_kv` does. */
function plainAttention(
  query: tf.Tensor,
  key: tf.Tensor,
  value: tf.Tensor,
  mask?: tf.Tensor,
  drop = (weights: tf.Tensor) => weights,
): tf.Tensor {
  const [batch = 1, heads = 1, , headSize = 1] = query.shape;
  const repeat = (x: tf.Tensor) => {
    const [, keyHeads = 1, time = 1, size = 1] = x.shape;
    const repeated = tf.tile(tf.reshape(x, [batch, keyHeads, 1, time * size]), [1, 1, heads / keyHeads, 1]);
    return tf.reshape(repeated, [batch, heads, time, size]);
  };
  const scores = tf.div(tf.matMul(query, repeat(key), false, true), Math.sqrt(headSize));
  return tf.matMul(drop(tf.softmax(mask === undefined ? scores : tf.add(scores, mask))), repeat(value));
}

const size = fc.integer({ min: 1, max: 6 });
/** If a query has one key only, the gradients of query and key are differences of equal terms of about 1. */
const oneKey = { terms: [0, 1, 1, 0] };

onEachBackend((engine) => {
  describe("attention", () => {
    it("equals the formula for any sizes and groups of heads", async () => {
      await fc.assert(
        fc.asyncProperty(
          size,
          fc.constantFrom([4, 4], [4, 2], [6, 2], [3, 1]),
          size,
          size,
          size,
          async (batch, [heads = 1, keyHeads = 1], queryTime, keyTime, headSize) => {
            await expectTwin(
              (query, key, value) => attention({ query, key, value }),
              (query, key, value) => plainAttention(query, key, value),
              [
                waves([batch, heads, queryTime, headSize]),
                waves([batch, keyHeads, keyTime, headSize], 2),
                waves([batch, keyHeads, keyTime, headSize + 1], 3),
              ],
              oneKey,
            );
          },
        ),
        { numRuns: drawsOn(engine, 20) },
      );
    });

    it("weighs keys equally if a mask adds far more than any score", async () => {
      const mask = tf.tensor4d([0, -1e9, 0, 0, 1e30, 1e30, 1e30, 1e30], [1, 1, 2, 4]);
      await expectTwin(
        (query, key, value) => attention({ query, key, value, mask }),
        (query, key, value) => plainAttention(query, key, value, mask),
        [waves([1, 2, 2, 5]), waves([1, 2, 4, 5], 2), waves([1, 2, 4, 5], 3)],
        oneKey,
      );
      mask.dispose();
    });

    it("equals the formula under a causal and padded mask, at a size where wasm splits batches", async () => {
      const [batch, heads, keyHeads, time, headSize] = [2, 4, 2, 33, 16];
      const seen = tf.tensor2d(
        Array.from({ length: batch * time }, (_, index) => (index % time < time - 5 ? 1 : 0)),
        [batch, time],
      );
      const mask = tf.tidy(() => combineMasks(causalMask(time), paddingMask(seen)));
      await expectTwin(
        (query, key, value) => attention({ query, key, value, mask }),
        (query, key, value) => plainAttention(query, key, value, mask),
        [
          waves([batch, heads, time, headSize]),
          waves([batch, keyHeads, time, headSize], 2),
          waves([batch, keyHeads, time, headSize], 3),
        ],
      );
      tf.dispose([seen, mask]);
    });

    it.each([
      { headSize: 20, past: 0, rate: 0.3, isBiased: true },
      { headSize: 80, past: 3, rate: 0, isBiased: false },
      { headSize: 128, past: 0, window: 9, rate: 0.3, isBiased: false },
    ])("equals the formula over more tokens and features than a shader's tiles have: %o", async (shape) => {
      const { headSize, past, window = Number.POSITIVE_INFINITY, rate, isBiased } = shape;
      const [heads, keyHeads, time] = [4, 2, 70];
      const mask = tf.tidy(() => {
        const order = causalMask(time, { past, window });
        return isBiased ? tf.add(order, waves([1, heads, 1, time + past])) : order;
      });
      const drop = (weights: tf.Tensor) => tf.mul(weights, tf.tensor(drawnFactors(weights.size, rate), weights.shape));
      await expectTwin(
        (query, key, value) => attention({ query, key, value, mask, dropout: { rate, key: drawKey } }),
        (query, key, value) => plainAttention(query, key, value, mask, drop),
        [
          waves([1, heads, time, headSize]),
          waves([1, keyHeads, time + past, headSize], 2),
          waves([1, keyHeads, time + past, headSize + 3], 3),
        ],
        oneKey,
      );
      mask.dispose();
    });

    if (engine === "native")
      describe("over heads that are computed in blocks of queries", () => {
        const [heads, keyHeads, time] = [6, 2, 480]; // 3 · 480 · 480 weights share a key head
        const longMask = (hidden: "none" | "window" | "biased" | "padding", keyTime: number) => {
          if (hidden === "none") return undefined;
          if (hidden === "padding") {
            const [short, none] = [300, 0]; // keys that each item sees
            return tf.tidy(() => paddingMask(tf.less(tf.range(0, keyTime), tf.tensor2d([[short], [none]]))));
          }
          if (hidden === "window") return causalMask(time, { past: keyTime - time, window: 50 });
          return tf.tidy(() => tf.add(causalMask(time, { past: keyTime - time }), waves([1, heads, 1, keyTime])));
        };

        it.each([
          { hidden: "none", past: 0, rate: 0 },
          { hidden: "window", past: 40, rate: 0 },
          { hidden: "window", past: 0, rate: 0.3 },
          { hidden: "biased", past: 0, rate: 0 },
          { hidden: "padding", past: 0, rate: 0 },
        ] as const)("equals the formula: %o", async ({ hidden, past, rate }) => {
          const [batch, keyTime] = [hidden === "padding" ? 2 : 1, time + past];
          const mask = longMask(hidden, keyTime);
          const masked = mask === undefined ? {} : { mask };
          // Only the second item of a padded batch sees nothing, which the plain formula does not clear.
          const clear = (x: tf.Tensor) => (hidden === "padding" ? tf.mul(x, tf.tensor4d([1, 0], [2, 1, 1, 1])) : x);
          const factors = tf.tensor(drawnFactors(batch * heads * time * keyTime, rate), [batch, heads, time, keyTime]);
          await expectTwin(
            (query, key, value) => attention({ query, key, value, ...masked, dropout: { rate, key: drawKey } }),
            (query, key, value) => clear(plainAttention(query, key, value, mask, (x) => tf.mul(x, factors))),
            [
              waves([batch, heads, time, 3]),
              waves([batch, keyHeads, keyTime, 3], 2),
              waves([batch, keyHeads, keyTime, 4], 3),
            ],
          );
          tf.dispose([factors, mask ?? []]);
        });
      });

    it("is 0 with a gradient of 0 for a query that sees no key, even with true infinities in the mask", async () => {
      const hidden = Number.NEGATIVE_INFINITY;
      const mask = tf.tensor4d([hidden, hidden, 0, 0], [1, 1, 2, 2]);
      const inputs = [waves([1, 1, 2, 3]), waves([1, 1, 2, 3], 2), waves([1, 1, 2, 3], 3)];
      const compute = (query: tf.Tensor, key: tf.Tensor, value: tf.Tensor) => attention({ query, key, value, mask });
      const [output, queryGradient, keyGradient] = tf.tidy(() => {
        const [query, key, value] = inputs as [tf.Tensor, tf.Tensor, tf.Tensor];
        const gradients = tf.grads((q: tf.Tensor, k: tf.Tensor, v: tf.Tensor) => tf.sum(tf.square(compute(q, k, v))))([
          query,
          key,
          value,
        ]);
        return [compute(query, key, value), ...gradients];
      });
      expectClose((await output?.data())?.slice(0, 3) ?? [], [0, 0, 0], 0);
      expectClose((await queryGradient?.data())?.slice(0, 3) ?? [], [0, 0, 0], 0);
      expect([...((await keyGradient?.data()) ?? [])].every(Number.isFinite)).toBe(true);
      tf.dispose([mask, ...inputs]);
      tf.disposeVariables();
    });

    it("agrees with finite differences under a mask", async () => {
      const mask = causalMask(3);
      const inputs = [waves([1, 2, 3, 4]), waves([1, 1, 3, 4], 2), waves([1, 1, 3, 4], 3)];
      await expectGradients(
        (...[query, key, value]: tf.Tensor[]) =>
          query && key && value ? attention({ query, key, value, mask }) : tf.scalar(0),
        inputs,
      );
      tf.dispose([mask, ...inputs]);
    });

    it("accepts a mask that differs from head to head", async () => {
      const mask = tf.tidy(() => tf.add(causalMask(3), tf.reshape(tf.range(0, 12), [1, 4, 1, 3])));
      await expectTwin(
        (query, key, value) => attention({ query, key, value, mask }),
        (query, key, value) => plainAttention(query, key, value, mask),
        [waves([2, 4, 3, 4]), waves([2, 2, 3, 4], 2), waves([2, 2, 3, 4], 3)],
      );
      mask.dispose();
    });

    it("accepts one mask row for all queries, and is 0 if it hides a whole row of the batch", async () => {
      const seen = tf.tensor2d([1, 1, 0, 0, 0, 0, 1, 0, 1], [3, 3]);
      const row = paddingMask(seen); // [3, 1, 1, 3]
      const mask = tf.tidy(() => tf.tile(row, [1, 1, 2, 1]));
      const inputs = () => [waves([3, 4, 2, 4]), waves([3, 2, 3, 4], 2), waves([3, 2, 3, 4], 3)] as const;
      await expectTwin(
        (query, key, value) => attention({ query, key, value, mask: row }),
        (query, key, value) => attention({ query, key, value, mask }),
        [...inputs()],
      );
      const hidden = tf.tidy(() => {
        const [query, key, value] = inputs();
        return tf.slice(attention({ query, key, value, mask: row }), [1, 0, 0, 0], [1, 4, 2, 4]);
      });
      expectClose(await hidden.data(), new Array(32).fill(0), 0);
      tf.dispose([seen, row, mask, hidden]);
    });

    it("bounds the scores by a cap, with its gradient", async () => {
      const [scale, cap] = [2, 0.7];
      await expectTwin(
        (query, key, value) => attention({ query, key, value, scale, cap }),
        (query, key, value) => {
          const scores = tf.mul(tf.matMul(query, key, false, true), scale);
          return tf.matMul(tf.softmax(tf.mul(tf.tanh(tf.div(scores, cap)), cap)), value);
        },
        [waves([2, 2, 3, 4]), waves([2, 2, 5, 4], 2), waves([2, 2, 5, 3], 3)],
      );
      const mask = causalMask(3);
      const inputs = [waves([1, 2, 3, 4]), waves([1, 1, 3, 4], 2), waves([1, 1, 3, 4], 3)];
      await expectGradients(
        (...[query, key, value]: tf.Tensor[]) =>
          query && key && value ? attention({ query, key, value, mask, scale, cap }) : tf.scalar(0),
        inputs,
      );
      tf.dispose([mask, ...inputs]);
    });

    // A kernel that wrote its gradient into what it saved would pass every test that takes the gradient once.
    it("gives each of two losses over one tape its gradients", async () => {
      const mask = causalMask(3);
      const inputs = [waves([2, 4, 3, 3]), waves([2, 2, 3, 3], 2), waves([2, 2, 3, 4], 3)];
      await expectTwoLosses((query, key, value) => attention({ query, key, value, mask }), inputs);
      tf.dispose([...inputs, mask]);
    });

    it("leaks nothing", async () => {
      const query = tf.variable(waves([1, 2, 3, 4]));
      const key = waves([1, 2, 3, 4], 2);
      const mask = causalMask(3);
      await expectNoLeak(() =>
        tf.dispose(tf.variableGrads(() => tf.sum(attention({ query, key, value: key, mask })), [query])),
      );
      tf.dispose([query, key, mask]);
    });

    it("names shapes that do not fit", () => {
      const query = tf.ones([1, 4, 3, 8]);
      expect(() => attention({ query, key: tf.ones([1, 3, 3, 8]), value: tf.ones([1, 3, 3, 8]) })).toThrow(
        expect.objectContaining({ code: "SHAPE_MISMATCH" }),
      );
      expect(() => attention({ query, key: query, value: query, mask: tf.zeros([1, 1, 3, 4]) })).toThrow(/mask/);
    });
  });

  describe("masks", () => {
    it("let each query see itself, earlier keys, and none before the window", async () => {
      const mask = causalMask(2, { past: 2, window: 2 });
      const visible = [...(await mask.data())].map((value) => (value === 0 ? 1 : 0));
      expect(visible).toEqual([0, 1, 1, 0, 0, 0, 1, 1]);
      mask.dispose();
    });
  });
});
