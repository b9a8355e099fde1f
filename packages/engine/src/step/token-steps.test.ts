import { expectNoLeak } from "@lowrank/testing";
import * as tf from "@tensorflow/tfjs-core";
import { describe, expect, it } from "vitest";
import { onEachBackend, waves } from "../../test/compare-with-twin.ts";
import { packedMatrices, waveValues } from "../../test/packed-matrices.ts";
import { FrozenWeight } from "../frozen-weight.ts";
import { frozenLinear } from "../ops/frozen-linear.ts";
import { int8Problem } from "../packed/int8-weights.ts";
import { packInt8 } from "../packed/pack-int8.ts";
import { withRoundedProducts } from "./rounded-products.ts";
import { StepPlan } from "./step-plan.ts";
import { TokenSteps } from "./token-steps.ts";

const [rows, columns] = [70, 64] as const;

function int8(): FrozenWeight {
  const packed = packInt8(waveValues(rows * columns), { rows, columns, layout: "out-in" });
  if (packed === undefined) throw new Error("The waves are finite.");
  return FrozenWeight.fromInt8(packed);
}

const weights: Readonly<Record<string, () => FrozenWeight>> = {
  float32: () => FrozenWeight.fromTransposed(waves([rows, columns]) as tf.Tensor2D),
  "float32, the other way round": () => FrozenWeight.from(waves([columns, rows]) as tf.Tensor2D),
  "4 bits": () => FrozenWeight.fromTransposed(packedMatrices["4 bits"](rows, columns)),
  "8 bits": () => FrozenWeight.fromTransposed(packedMatrices["8 bits"](rows, columns)),
  int8,
};

function planOf(weight: FrozenWeight): StepPlan {
  const plan = new StepPlan();
  plan.scale(plan.linear(0, weight), 2);
  return plan;
}

/** 2·x·W by a plan; undefined where it is not computed. */
function computed(weight: FrozenWeight, x: tf.Tensor): Float32Array | undefined {
  const steps = TokenSteps.of([planOf(weight)], columns);
  const y = steps?.run(x, [[0]]);
  const values = y && Float32Array.from(y.dataSync<"float32">());
  y?.dispose();
  steps?.dispose();
  return values;
}

function relativeError(actual: Float32Array, expected: Float32Array): number {
  const squares = (values: Float32Array) => values.reduce((sum, value) => sum + value * value, 0);
  return Math.sqrt(squares(actual.map((value, index) => value - (expected[index] ?? 0))) / squares(expected));
}

onEachBackend((engine) => {
  describe.skipIf(engine !== "native")("TokenSteps", () => {
    it.each(Object.entries(weights))("multiplies by a weight in %s as products by themselves do", (name, make) => {
      if (name === "int8" && int8Problem() !== undefined) return;
      const [weight, x] = [make(), waves([1, 1, columns], 3)];
      const expected = tf.tidy(() => tf.mul(frozenLinear(x, weight), 2).dataSync<"float32">());
      const actual = withRoundedProducts(() => computed(weight, x));
      // Those in fewer bits round x, too.
      expect(actual && relativeError(actual, expected)).toBeLessThan(name.startsWith("float32") ? 1e-6 : 0.02);
      weight.dispose();
      x.dispose();
    });

    it.each(["4 bits", "8 bits"] as const)("multiplies by matrices of %s together as by each alone", (kind) => {
      const [narrow, wide] = [40, 70].map((rows) => FrozenWeight.fromTransposed(packedMatrices[kind](rows, columns)));
      if (narrow === undefined || wide === undefined) throw new Error("Two widths were given.");
      const x = waves([1, 1, columns], 3);
      const plan = new StepPlan();
      const first = plan.linear(0, narrow);
      plan.add(first, plan.part(plan.linear(0, wide), { first: 30, width: 40 }));
      const expected = tf.tidy(() => {
        const last = tf.slice(frozenLinear(x, wide), [0, 0, 30], [1, 1, 40]);
        return tf.add(frozenLinear(x, narrow), last).dataSync<"float32">();
      });
      const actual = withRoundedProducts(() => {
        const steps = TokenSteps.of([plan], columns);
        const y = steps?.run(x, [[0]]);
        const values = y && Float32Array.from(y.dataSync<"float32">());
        y?.dispose();
        steps?.dispose();
        return values;
      });
      expect(actual && relativeError(actual, expected)).toBeLessThan(0.02);
      tf.dispose(x);
      for (const weight of [narrow, wide]) weight.dispose();
    });

    it("are not reused for a plan with more or less", () => {
      const weight = FrozenWeight.from(waves([columns, rows]) as tf.Tensor2D);
      const less = new StepPlan();
      less.linear(0, weight);
      for (const [made, other] of [
        [less, planOf(weight)],
        [planOf(weight), less],
      ] as const) {
        const steps = TokenSteps.of([made], columns);
        expect(steps?.isOf([made])).toBe(true);
        expect(steps?.isOf([other])).toBe(false);
        steps?.dispose();
      }
      weight.dispose();
    });

    it("does not round blocks unless rounding is allowed", () => {
      const [weight, x] = [weights["4 bits"]?.(), waves([1, 1, columns])];
      expect(weight && computed(weight, x)).toBeUndefined();
      weight?.dispose();
      x.dispose();
    });

    it("is of no use any more once a matrix that it holds is disposed of", async () => {
      await expectNoLeak(() => {
        const weight = FrozenWeight.fromTransposed(packedMatrices["8 bits"](rows, columns));
        withRoundedProducts(() => {
          const steps = TokenSteps.of([planOf(weight)], columns);
          expect(steps?.isOf([planOf(weight)])).toBe(true);
          const other = planOf(weight);
          weight.dispose();
          expect(steps?.isOf([other])).toBe(false);
          steps?.dispose();
        });
      });
    });

    it("does not hide a NaN bias in rounded numbers", () => {
      const weight = FrozenWeight.fromTransposed(packedMatrices["8 bits"](rows, columns));
      const bias = tf.fill([rows], Number.NaN);
      const plan = new StepPlan();
      plan.linear(0, weight, bias);
      expect(withRoundedProducts(() => TokenSteps.of([plan], columns))).toBeUndefined();
      weight.dispose();
      bias.dispose();
    });
  });

  it.skipIf(engine === "native")("TokenSteps are not to be had where a backend computes no plans", () => {
    const weight = FrozenWeight.fromTransposed(waves([rows, columns]) as tf.Tensor2D);
    expect(TokenSteps.of([planOf(weight)], columns)).toBeUndefined();
    weight.dispose();
  });
});
