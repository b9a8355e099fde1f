import { expectClose, expectNoLeak } from "@lowrank/testing";
import * as tf from "@tensorflow/tfjs-core";
import { describe, expect, it } from "vitest";
import { onEachBackend, waves } from "../test/compare-with-twin.ts";
import { packedMatrices } from "../test/packed-matrices.ts";
import { ArgumentError } from "./errors.ts";
import { packNormalFloat4 } from "./frozen/normal-float4.ts";
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

    it("leaves nothing behind", async () => {
      await expectNoLeak(() => {
        const weight = FrozenWeight.fromTransposed(matrix(waves([5, 3])));
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

    it("has its first outputs and new ones after it is resized, and does not change the original", async () => {
      const weight = FrozenWeight.fromTransposed(matrix(waves([5, 3]))); // [3, 5]
      tf.dispose(weight.multiply(tf.ones([1, 3]))); // some backends store it the other way round now
      const before = await valuesOf(tf.transpose(weight.read()));
      const longer = weight.resized(7, (count) => tf.fill([count, 3], 2));
      const shorter = weight.resized(2, () => tf.zeros([0, 3]));
      weight.dispose();
      expectClose(await valuesOf(tf.transpose(longer.read())), [...before, 2, 2, 2, 2, 2, 2], 0);
      expectClose(await valuesOf(tf.transpose(shorter.read())), before.slice(0, 6), 0);
      expect([longer.outFeatures, shorter.outFeatures]).toEqual([7, 2]);
      for (const one of [longer, shorter]) one.dispose();
    });

    it("stays in 16 bits when it is resized, and refuses blocks and rows of another width", async () => {
      for (const kind of ["f16", "bf16"] as const) {
        const weight = FrozenWeight.fromTransposed(packedMatrices[kind](6, 4));
        const before = await valuesOf(tf.transpose(weight.read()));
        await expectNoLeak(async () => {
          const longer = weight.resized(8, (count) => tf.fill([count, 4], 0.5));
          expect(longer.bytes).toBe(8 * 4 * 2);
          const all = tf.tidy(() => tf.transpose(longer.read()));
          expectClose(await valuesOf(all), [...before, ...new Array(8).fill(0.5)], 0);
          longer.dispose();
          expect(() => weight.resized(7, () => tf.zeros([1, 5]))).toThrow(
            expect.objectContaining({ code: "SHAPE_MISMATCH" }),
          );
        });
        weight.dispose();
      }
      const blocks = FrozenWeight.fromTransposed(packNormalFloat4(new Float32Array(24), { rows: 6, columns: 4 }));
      expect(() => blocks.resized(7, () => tf.zeros([1, 4]))).toThrow(ArgumentError);
      blocks.dispose();
    });

    it("reports the problem of an invalid matrix", () => {
      const weight = FrozenWeight.from(tf.zeros([2, 3]));
      expect(() => FrozenWeight.from(tf.zeros([2, 3], "int32"))).toThrow(ArgumentError);
      weight.dispose();
      expect(() => weight.read()).toThrow(expect.objectContaining({ code: "DISPOSED" }));
    });
  });
});
