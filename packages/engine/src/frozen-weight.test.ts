import { expectClose, expectNoLeak } from "@lowrank/testing";
import * as tf from "@tensorflow/tfjs-core";
import { describe, expect, it } from "vitest";
import { onEachBackend, waves } from "../test/compare-with-twin.ts";
import { ArgumentError, DisposedError, ShapeError } from "./errors.ts";
import { FrozenWeight } from "./frozen-weight.ts";
import { matrix } from "./rows.ts";

async function valuesOf(tensor: tf.Tensor): Promise<Float32Array> {
  const values = Float32Array.from(await tensor.data());
  tensor.dispose();
  return values;
}

onEachBackend(() => {
  describe("FrozenWeight", () => {
    it("is the same weight whichever way round it came", async () => {
      const plain = matrix(waves([70, 66]));
      const values = Float32Array.from(await plain.data());
      for (const weight of [FrozenWeight.from(tf.clone(plain)), FrozenWeight.fromTransposed(tf.transpose(plain))]) {
        expect([weight.inFeatures, weight.outFeatures]).toEqual([70, 66]);
        expectClose(await valuesOf(weight.read()), values, 0);
        weight.dispose();
      }
      plain.dispose();
    });

    it("computes with a replacement until it is restored, then bit for bit as before", async () => {
      const weight = FrozenWeight.fromTransposed(matrix(waves([5, 3])));
      const before = await valuesOf(weight.read());
      const restore = weight.replace(tf.ones([3, 5]));
      expectClose(await valuesOf(weight.read()), new Float32Array(15).fill(1), 0);
      restore();
      restore();
      expectClose(await valuesOf(weight.read()), before, 0);
      weight.dispose();
    });

    it("may restore replacements in any order", async () => {
      const weight = FrozenWeight.from(tf.zeros([2, 2]));
      const restoreFirst = weight.replace(tf.fill([2, 2], 1));
      const restoreSecond = weight.replace(tf.fill([2, 2], 2));
      restoreFirst();
      expectClose(await valuesOf(weight.read()), [2, 2, 2, 2], 0);
      restoreSecond();
      expectClose(await valuesOf(weight.read()), [0, 0, 0, 0], 0);
      weight.dispose();
    });

    it("leaves nothing behind, replaced or not", async () => {
      await expectNoLeak(() => {
        const weight = FrozenWeight.fromTransposed(matrix(waves([5, 3])));
        weight.replace(tf.ones([3, 5]));
        weight.dispose();
        weight.dispose();
      });
    });

    it("keeps one copy, whichever way it is read", () => {
      const weight = FrozenWeight.fromTransposed(matrix(waves([5, 3])));
      const before = tf.memory();
      tf.tidy(() => [weight.multiply(tf.ones([2, 3])), weight.rows(tf.tensor1d([4], "int32"))]).map((t) => t.dispose());
      expect(tf.memory().numTensors).toBe(before.numTensors);
      expect(tf.memory().numBytes).toBe(before.numBytes);
      weight.dispose();
    });

    it("says what is wrong with a matrix", () => {
      const weight = FrozenWeight.from(tf.zeros([2, 3]));
      expect(() => weight.replace(tf.zeros([3, 2]))).toThrow(ShapeError);
      expect(() => FrozenWeight.from(tf.zeros([2, 3], "int32"))).toThrow(ArgumentError);
      weight.dispose();
      expect(() => weight.read()).toThrow(DisposedError);
    });
  });
});
