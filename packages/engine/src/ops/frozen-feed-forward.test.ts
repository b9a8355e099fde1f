import { expectNoLeak } from "@lowrank/testing";
import * as tf from "@tensorflow/tfjs-core";
import { describe, expect, it } from "vitest";
import { onEachBackend, waves } from "../../test/compare-with-twin.ts";
import { needInt8Products } from "../../test/need-int8-products.ts";
import { waveValues } from "../../test/packed-matrices.ts";

import { FrozenWeight } from "../frozen-weight.ts";
import { packInt8 } from "../packed/pack-int8.ts";
import { type FrozenLayer, frozenFeedForward } from "./frozen-feed-forward.ts";
import { frozenLinear } from "./frozen-linear.ts";
import { gelu } from "./gelu.ts";

const [features, hidden] = [40, 150] as const;

function int8(rows: number, columns: number): FrozenWeight {
  const packed = packInt8(waveValues(rows * columns), { rows, columns, layout: "out-in" });
  if (packed === undefined) throw new Error("The waves are finite.");
  return FrozenWeight.fromInt8(packed);
}

function layers({ hasBias }: { readonly hasBias: boolean }): { readonly up: FrozenLayer; readonly down: FrozenLayer } {
  const biased = (weight: FrozenWeight, seed: number) =>
    hasBias ? { weight, bias: waves([weight.outFeatures], seed) } : { weight };
  return { up: biased(int8(hidden, features), 3), down: biased(int8(features, hidden), 4) };
}

function dispose({ up, down }: ReturnType<typeof layers>): void {
  for (const { weight, bias } of [up, down]) {
    weight.dispose();
    bias?.dispose();
  }
}

/** Value and gradient for weights on the value. */
function computed(compute: (x: tf.Tensor) => tf.Tensor, x: tf.Tensor): readonly Float32Array[] {
  const tensors = tf.tidy(() => {
    const value = compute(x);
    const weighted = (input: tf.Tensor) => tf.sum(tf.mul(compute(input), waves(value.shape, 5)));
    return [value, tf.grad(weighted)(x)];
  });
  const values = tensors.map((tensor) => tensor.dataSync<"float32">().slice());
  tf.dispose(tensors);
  return values;
}

function relativeError(actual: Float32Array | undefined, expected: Float32Array | undefined): number {
  const squares = (values: Float32Array) => values.reduce((sum, value) => sum + value * value, 0);
  if (actual === undefined || expected === undefined) return Number.NaN;
  return Math.sqrt(squares(actual.map((value, index) => value - (expected[index] ?? 0))) / squares(expected));
}

onEachBackend((engine) => {
  describe("frozenFeedForward", () => {
    describe.each(["erf", "tanh"] as const)("with gelu by %s", (kind) => {
      it.each([true, false])("is two products and a gelu, each as good as the other; biases: %s", (hasBias) => {
        const { up, down } = layers({ hasBias });
        const [wide, back] = [up.weight.read(), down.weight.read()];
        const exact = (x: tf.Tensor) => {
          const plus = (y: tf.Tensor, bias: tf.Tensor | undefined) => (bias === undefined ? y : tf.add(y, bias));
          const inner = gelu(plus(tf.matMul(tf.reshape<tf.Rank.R2>(x, [-1, features]), wide), up.bias), kind);
          const outer = plus(tf.matMul(inner as tf.Tensor2D, back), down.bias);
          return tf.reshape(outer, [...x.shape.slice(0, -1), features]);
        };
        const apart = (x: tf.Tensor) =>
          frozenLinear(gelu(frozenLinear(x, up.weight, up.bias), kind), down.weight, down.bias);
        for (const shape of [
          [1, features],
          [7, 3, features],
          // Only the native engine has a kernel for this, which splits many rows.
          [engine === "native" ? 3000 : 100, features],
        ]) {
          const x = waves(shape, 2);
          const [expected, actual] = [
            computed(exact, x),
            computed((own) => frozenFeedForward(own, { up, down }, kind), x),
          ];
          const two = computed(apart, x);
          const errors = (results: readonly Float32Array[]) =>
            expected.map((values, index) => relativeError(results[index], values));
          const [[value = 1, gradient = 1], [valueApart = 0, gradientApart = 0]] = [errors(actual), errors(two)];
          expect(value).toBeLessThan(1.001 * valueApart + 1e-6);
          // The error of keeping derivatives in 8 bits; for one row it is random.
          expect(gradient).toBeLessThan((x.size > features ? 1.25 : 2) * gradientApart + 1e-6);
          x.dispose();
        }
        tf.dispose([wide, back]);
        dispose({ up, down });
      });
    });

    it("adds its gradient to those of other operations", () => {
      const both = layers({ hasBias: true });
      const x = waves([90, features], 2);
      const alone = computed((own) => frozenFeedForward(own, both, "erf"), x);
      const beside = computed((own) => tf.add(own, frozenFeedForward(own, both, "erf")), x);
      const weights = waves(x.shape, 5).dataSync<"float32">();
      const sum = alone[1]?.map((value, index) => value + (weights[index] ?? 0));
      expect(relativeError(beside[1], sum)).toBeLessThan(1e-5);
      x.dispose();
      dispose(both);
    });

    it.each([Number.NaN, Number.POSITIVE_INFINITY])("makes no number of a row with %d, forward or back", (bad) => {
      const both = layers({ hasBias: true });
      const good = waves([3, features]);
      const values = good.dataSync<"float32">().slice();
      values[features + 7] = bad;
      const x = tf.tensor2d(values, [3, features]);
      const expected = computed((own) => frozenFeedForward(own, both, "erf"), good)[0];
      const y = computed((own) => frozenFeedForward(own, both, "erf"), x)[0];
      const row = (of: Float32Array | undefined, index: number) =>
        of?.subarray(index * features, (index + 1) * features) ?? new Float32Array();
      expect(row(y, 1).some(Number.isFinite)).toBe(false);
      for (const index of [0, 2]) expect(relativeError(row(y, index), row(expected, index))).toBeLessThan(1e-5);
      const grads = tf.tidy(() =>
        tf
          .grad((own: tf.Tensor) => tf.sum(tf.mul(frozenFeedForward(own, both, "erf"), x)))(good)
          .dataSync(),
      );
      expect(row(grads as Float32Array, 1).some(Number.isFinite)).toBe(false);
      expect(row(grads as Float32Array, 2).every(Number.isFinite)).toBe(true);
      tf.dispose([good, x]);
      dispose(both);
    });

    it("maps a row of zeros to the value of its biases", () => {
      const { up, down } = layers({ hasBias: false });
      const [y, grad] = computed((own) => frozenFeedForward(own, { up, down }, "erf"), tf.zeros([2, features]));
      expect(y?.every((value) => value === 0)).toBe(true);
      expect(grad?.every(Number.isFinite)).toBe(true);
      dispose({ up, down });
    });

    it("is computed for no rows", () => {
      const both = layers({ hasBias: true });
      const y = frozenFeedForward(tf.zeros([0, features]), both, "erf");
      expect(y.shape).toEqual([0, features]);
      y.dispose();
      dispose(both);
    });

    it("refuses linear layers that do not fit each other", () => {
      const { up, down } = layers({ hasBias: true });
      const x = tf.ones([2, features]);
      expect(() => frozenFeedForward(x, { up, down: up }, "erf")).toThrow(
        expect.objectContaining({ code: "SHAPE_MISMATCH" }),
      );
      expect(() => frozenFeedForward(tf.ones([2, hidden]), { up, down }, "erf")).toThrow(
        expect.objectContaining({ code: "SHAPE_MISMATCH" }),
      );
      x.dispose();
      dispose({ up, down });
    });

    it.runIf(engine === "native")(
      "keeps a byte for each number between the layers, and leaves nothing behind",
      async (test) => {
        needInt8Products(test);
        const both = layers({ hasBias: true });
        await expectNoLeak(() => {
          const x = waves([64, features]);
          const before = tf.memory().numBytes;
          let kept = 0;
          const gradient = tf.tidy(() =>
            tf.grad((own: tf.Tensor) => {
              const y = tf.tidy(() => frozenFeedForward(own, both, "erf"));
              kept = tf.memory().numBytes - before;
              return tf.sum(y);
            })(x),
          );
          expect(kept).toBeLessThan(64 * hidden + 4 * 2 * x.size);
          tf.dispose([x, gradient]);
        });
        dispose(both);
      },
    );
  });
});
