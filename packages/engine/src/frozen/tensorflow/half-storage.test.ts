import { expectClose, expectNoLeak, largestMagnitude } from "@lowrank/testing";
import "@tensorflow/tfjs-backend-cpu";
import * as tf from "@tensorflow/tfjs-core";
import { beforeAll, describe, expect, it } from "vitest";
import { waves } from "../../../test/compare-with-twin.ts";
import { packedMatrices } from "../../../test/packed-matrices.ts";
import { isTfjsNodeTested, useEngine } from "../../../test/test-engines.ts";

import { FrozenWeight } from "../../frozen-weight.ts";
import { frozenLinear } from "../../ops/frozen-linear.ts";
import type { HalfMatrix } from "../../packed/packed-matrix.ts";
import { matrix } from "../../rows.ts";
import { PackedStorage } from "../packed-storage.ts";
import { HalfStorage } from "./half-storage.ts";

const kinds = ["bf16", "f16"] as const;
const layouts = ["in-out", "out-in"] as const;

function half(kind: (typeof kinds)[number], rows: number, columns: number): HalfMatrix {
  return packedMatrices[kind](rows, columns);
}

async function expectSame(actual: tf.Tensor, expected: tf.Tensor, tolerance: number): Promise<void> {
  expect(actual.shape).toEqual(expected.shape);
  const values = Float32Array.from(await expected.data());
  expectClose(await actual.data(), values, tolerance * largestMagnitude(values));
  tf.dispose([actual, expected]);
}

describe.skipIf(!isTfjsNodeTested())("HalfStorage", () => {
  beforeAll(() => useEngine("tfjs-node"));

  describe.each(kinds)("of %s", (kind) => {
    it.each(layouts)("equals the product with the decoded matrix, %s", async (layout) => {
      const packed = half(kind, 24, 34);
      const [storage, twin] = [new HalfStorage(packed, layout), new PackedStorage(packed, layout)];
      const x = matrix(waves([5, storage.inFeatures]));
      const y = matrix(waves([5, storage.outFeatures]));
      const ids = tf.tensor1d([3, 0, 3], "int32");
      await expectSame(storage.read(), twin.read(), 0);
      await expectSame(storage.rows(ids), twin.rows(ids), 0);
      await expectSame(storage.multiply(x), twin.multiply(x), 1e-6);
      await expectSame(storage.multiplyTransposed(y), twin.multiplyTransposed(y), 1e-6);
      expect([storage.inFeatures, storage.outFeatures, storage.bytes]).toEqual([
        twin.inFeatures,
        twin.outFeatures,
        twin.bytes,
      ]);
      storage.dispose();
      tf.dispose([x, y, ids]);
    });
  });

  it("keeps infinities and NaN", async () => {
    const bits = Uint16Array.of(0x7f80, 0xff80, 0x7fc0, 0x3f80); // ∞, −∞, NaN, 1
    const storage = new HalfStorage({ kind: "bf16", rows: 2, columns: 2, bits }, "in-out");
    const values = storage.read();
    expect([...(await values.data())]).toEqual([Number.POSITIVE_INFINITY, Number.NEGATIVE_INFINITY, Number.NaN, 1]);
    storage.dispose();
    values.dispose();
  });

  it("rounds one factor and the result to bf16's 8 bits for such a matrix, and nothing else", async () => {
    const packed = half("bf16", 64, 48);
    const fast = new HalfStorage({ ...packed, products: "bf16" }, "in-out");
    const exact = new HalfStorage(packed, "in-out");
    const x = matrix(waves([7, 64]));
    // Rounding to 8 bits moves each term, and then the sum, by at most 2⁻⁹ of itself; the sum is kept in float32.
    const excess = tf.tidy(() => {
      const [product, expected] = [fast.multiply(x), exact.multiply(x)]; // [7, 48]
      const terms = tf.matMul(tf.abs(x), tf.abs(exact.read())); // [7, 48], each Σ|x·w|
      const limit = tf.mul(tf.add(terms, tf.abs(expected)), 2 ** -9 + 1e-5);
      return tf.max(tf.sub(tf.abs(tf.sub(product, expected)), limit));
    });
    expect((await excess.data())[0]).toBeLessThanOrEqual(0);
    fast.dispose();
    exact.dispose();
    tf.dispose([x, excess]);
  });

  it("leaves nothing behind, also after a gradient through it", async () => {
    await expectNoLeak(async () => {
      const weight = FrozenWeight.fromTransposed({ ...half("bf16", 24, 34), products: "bf16" });
      const x = waves([5, 34]);
      const gradient = tf.grad((input: tf.Tensor) => tf.sum(frozenLinear(input, weight)))(x);
      await gradient.data();
      weight.dispose();
      tf.dispose([x, gradient]);
    });
  });

  it("stores 16-bit weights, unless their number is odd", () => {
    expect(HalfStorage.canHold(half("bf16", 3, 4))).toBe(true);
    expect(HalfStorage.canHold(half("bf16", 3, 5))).toBe(false);
  });

  it("reports that another engine computes", async () => {
    const storage = new HalfStorage(half("bf16", 4, 4), "in-out");
    await tf.setBackend("cpu");
    const x = matrix(waves([2, 4]));
    expect(() => storage.multiply(x)).toThrow(expect.objectContaining({ code: "OTHER_ENGINE" }));
    await useEngine("tfjs-node");
    storage.dispose();
    x.dispose();
  });
});
