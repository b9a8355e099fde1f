import { expectGradients, expectNoLeak } from "@lowrank/testing";
import * as tf from "@tensorflow/tfjs-core";
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { expectTwin, onEachBackend, waves } from "../../test/compare-with-twin.ts";
import { drawsOn } from "../../test/test-engines.ts";

import { FrozenWeight } from "../frozen-weight.ts";
import { matrix } from "../rows.ts";
import { addLowRank } from "./add-low-rank.ts";
import { frozenLinear } from "./frozen-linear.ts";

const size = fc.integer({ min: 1, max: 9 });
const leading = fc.array(fc.integer({ min: 0, max: 4 }), { minLength: 1, maxLength: 3 });

function rows(x: tf.Tensor, features: number): tf.Tensor2D {
  return tf.reshape<tf.Rank.R2>(x, [x.size / features, features]);
}

onEachBackend((engine) => {
  describe("frozenLinear", () => {
    it("equals a plain product with bias for any shape and either orientation, zero rows included", async () => {
      await fc.assert(
        fc.asyncProperty(leading, size, size, fc.boolean(), async (axes, inFeatures, outFeatures, isTransposed) => {
          const plain = matrix(waves([inFeatures, outFeatures], 3));
          const weight = isTransposed
            ? FrozenWeight.fromTransposed(tf.transpose(plain))
            : FrozenWeight.from(tf.clone(plain));
          const twin = (x: tf.Tensor, bias: tf.Tensor) =>
            tf.add(tf.reshape(tf.matMul(rows(x, inFeatures), plain), [...axes, outFeatures]), bias);
          const inputs = [waves([...axes, inFeatures]), waves([outFeatures], 2)];
          await expectTwin((x, bias) => frozenLinear(x, weight, bias), twin, inputs);
          weight.dispose();
          plain.dispose();
        }),
        { numRuns: drawsOn(engine, 25) },
      );
    });

    it("saves nothing for its gradient", () => {
      const weight = FrozenWeight.from(matrix(waves([6, 5])));
      const variable = tf.variable(waves([4, 6]));
      let bytesBefore = 0;
      let bytesAfter = 0;
      tf.dispose(
        tf.variableGrads(() => {
          bytesBefore = tf.memory().numBytes;
          const y = frozenLinear(variable, weight);
          bytesAfter = tf.memory().numBytes - y.size * 4;
          return tf.sum(y);
        }, [variable]),
      );
      expect(bytesAfter - bytesBefore).toBe(0);
      weight.dispose();
      variable.dispose();
    });

    it("names shapes that do not fit", () => {
      const weight = FrozenWeight.from(matrix(waves([6, 5])));
      expect(() => frozenLinear(tf.ones([2, 5]), weight)).toThrow(expect.objectContaining({ code: "SHAPE_MISMATCH" }));
      expect(() => frozenLinear(tf.ones([2, 6]), weight, tf.ones([6]))).toThrow(/bias/);
      weight.dispose();
    });

    it("leaks nothing", async () => {
      const weight = FrozenWeight.from(matrix(waves([6, 5])));
      const x = tf.variable(waves([2, 3, 6]));
      await expectNoLeak(() => tf.dispose(tf.variableGrads(() => tf.sum(frozenLinear(x, weight)), [x])));
      weight.dispose();
      x.dispose();
    });
  });

  describe("addLowRank", () => {
    it("equals output + s·(x·A)·B for any shape, zero rows included", async () => {
      await fc.assert(
        fc.asyncProperty(leading, size, size, size, async (axes, inFeatures, rank, outFeatures) => {
          const twin = (output: tf.Tensor, x: tf.Tensor, a: tf.Tensor, b: tf.Tensor) => {
            const update = tf.mul(tf.matMul(tf.matMul(rows(x, inFeatures), a), b), 1.7);
            return tf.add(output, tf.reshape(update, [...axes, outFeatures]));
          };
          await expectTwin((output, x, a, b) => addLowRank(output, x, matrix(a), matrix(b), 1.7), twin, [
            waves([...axes, outFeatures]),
            waves([...axes, inFeatures], 2),
            waves([inFeatures, rank], 3),
            waves([rank, outFeatures], 4),
          ]);
        }),
        { numRuns: drawsOn(engine, 25) },
      );
    });

    it("agrees with finite differences", async () => {
      const inputs = [waves([2, 3, 4]), waves([2, 3, 5], 2), waves([5, 2], 3), waves([2, 4], 4)];
      await expectGradients(
        (output, x, a, b) => addLowRank(output ?? tf.scalar(0), x ?? tf.scalar(0), matrix(a), matrix(b), 2),
        inputs,
      );
      tf.dispose(inputs);
    });

    it("works when output and input are the same tensor", async () => {
      await expectTwin(
        (x, a, b) => addLowRank(x, x, matrix(a), matrix(b), 1),
        (x, a, b) => tf.add(x, tf.matMul(tf.matMul(x, a), b)),
        [waves([4, 6]), waves([6, 2], 2), waves([2, 6], 3)],
      );
    });

    it("names matrices that do not fit", () => {
      expect(() => addLowRank(tf.ones([2, 3]), tf.ones([2, 4]), tf.ones([4, 2]), tf.ones([3, 3]), 1)).toThrow(
        expect.objectContaining({ code: "SHAPE_MISMATCH" }),
      );
    });
  });
});
