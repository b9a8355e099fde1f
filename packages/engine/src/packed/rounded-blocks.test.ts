import { expectClose, expectNoLeak } from "@lowrank/testing";
import * as tf from "@tensorflow/tfjs-core";
import { describe, expect, it } from "vitest";
import { onEachBackend, waves } from "../../test/compare-with-twin.ts";
import { packedMatrices } from "../../test/packed-matrices.ts";
import { normalFloat4Levels } from "../frozen/normal-float4.ts";
import { FrozenWeight } from "../frozen-weight.ts";
import { matrix } from "../rows.ts";
import { int8Problem } from "./int8-weights.ts";
import type { BlockMatrix } from "./packed-matrix.ts";
import { roundsProducts } from "./rounded-blocks.ts";

/** Blocks of 32 with a scale and, if wanted, a minimum, which differ from block to block. Each has its largest entry. */
function blocksOf4Bits(rows: number, columns: number, hasMinima = true): BlockMatrix {
  const numbers = (amount: number, shift: number) =>
    Float32Array.from({ length: (rows * columns) / 32 }, (_, block) => amount * (1 + ((block * 7 + shift) % 5)));
  return {
    kind: "blocks",
    rows,
    columns,
    blockSize: 32,
    codeBits: 4,
    levels: normalFloat4Levels,
    codes: Uint8Array.from({ length: (rows * columns) / 2 }, (_, index) =>
      index % 16 === 0 ? 0 : (index * 89 + (index >> 5)) & 255,
    ),
    scales: numbers(0.01, 1),
    ...(hasMinima ? { minima: numbers(-0.02, 3) } : {}),
  };
}

/** Each row as whole numbers of the 127th part of its largest entry, the even one halfway, and those parts. */
function roundRows(x: tf.Tensor2D): { readonly codes: tf.Tensor2D; readonly steps: tf.Tensor2D } {
  const steps = matrix(tf.div(tf.max(tf.abs(x), 1, true), 127));
  return { codes: matrix(tf.round(tf.div(x, steps))), steps };
}

/** x·M or x·Mᵀ with both factors rounded. */
function roundedProduct(x: tf.Tensor2D, m: tf.Tensor2D, isTransposed: boolean): tf.Tensor2D {
  return tf.tidy(() => {
    const { codes, steps } = roundRows(m);
    if (isTransposed) {
      const rows = roundRows(x);
      return tf.matMul(tf.mul(rows.codes, rows.steps), tf.mul(codes, steps), false, true);
    }
    const rows = roundRows(tf.mul(x, tf.transpose(steps)));
    return tf.matMul(tf.mul(rows.codes, rows.steps), codes);
  });
}

onEachBackend((engine) => {
  const isFast = () => engine === "native" && int8Problem() === undefined;

  describe("products with 4-bit blocks that may be in 8 bits", () => {
    const cases = [
      ["blocks with minima", blocksOf4Bits(96, 160), "out-in"],
      ["blocks without", blocksOf4Bits(96, 160, false), "out-in"],
      ["the transpose", blocksOf4Bits(96, 160), "in-out"],
      ["NormalFloat 4", packedMatrices.NF4(70, 192), "out-in"],
      // Other engines have no such limit, and are slow for that size.
      ...(engine === "native"
        ? ([["more entries than are turned into codes at one time", blocksOf4Bits(1100, 4096), "out-in"]] as const)
        : []),
    ] as const;

    it.each(cases)("are products of rounded factors, both ways: %s", async (_, packed, layout) => {
      const make = (given: BlockMatrix) =>
        layout === "out-in" ? FrozenWeight.fromTransposed(given) : FrozenWeight.from(given);
      expect(roundsProducts({ ...packed, products: "int8" })).toBe(isFast());
      expect(roundsProducts(packed)).toBe(false);
      const [rounded, exact] = [make({ ...packed, products: "int8" }), make(packed)];
      const m = tf.tidy(() => (layout === "out-in" ? tf.transpose(exact.read()) : exact.read()));
      const x = matrix(waves([5, exact.inFeatures], 1));
      const dy = matrix(waves([5, exact.outFeatures], 2));
      const products = [
        [rounded.multiply(x), exact.multiply(x), roundedProduct(x, m, layout === "out-in")],
        [rounded.multiplyTransposed(dy), exact.multiplyTransposed(dy), roundedProduct(dy, m, layout === "in-out")],
      ] as const;
      for (const [got, ofExact, ofRounded] of products)
        expectClose(await got.data(), await (isFast() ? ofRounded : ofExact).data(), isFast() ? 1e-3 : 1e-5);
      rounded.dispose();
      exact.dispose();
      tf.dispose([m, x, dy, ...products.flat()]);
    });

    it("are NaN if one factor has a NaN, and zeros for a row of zeros", async () => {
      const packed = blocksOf4Bits(64, 64);
      const scales = Float32Array.from(packed.scales as Float32Array);
      scales[2 * 5] = Number.NaN;
      const weight = FrozenWeight.fromTransposed({ ...packed, scales, products: "int8" });
      const values = Float32Array.from(waves([3, 64], 1).dataSync());
      values[64 + 3] = Number.POSITIVE_INFINITY;
      values.fill(0, 128);
      const x = tf.tensor2d(values, [3, 64]);
      const product = weight.multiply(x);
      const rows = await product.array();
      expect(rows[0]?.map(Number.isNaN)).toEqual(Array.from({ length: 64 }, (_, column) => column === 5));
      if (isFast()) expect(rows[1]?.every(Number.isNaN)).toBe(true);
      expect(rows[2]?.every((value, column) => value === 0 || column === 5)).toBe(true);
      weight.dispose();
      tf.dispose([x, product]);
    });

    it("take no rows, and leave no tensor", async () => {
      const weight = FrozenWeight.fromTransposed({ ...blocksOf4Bits(64, 96), products: "int8" });
      const none = tf.zeros<tf.Rank.R2>([0, 96]);
      const product = weight.multiply(none);
      expect(product.shape).toEqual([0, 64]);
      const x = matrix(waves([2, 96], 1));
      await expectNoLeak(() => weight.multiply(x).dispose());
      weight.dispose();
      tf.dispose([none, product, x]);
    });
  });
});
