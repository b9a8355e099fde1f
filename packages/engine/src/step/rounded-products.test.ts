import { expectClose, expectNoLeak, largestMagnitude } from "@lowrank/testing";
import * as tf from "@tensorflow/tfjs-core";
import { expect, it } from "vitest";
import { onEachBackend, waves } from "../../test/compare-with-twin.ts";
import { packedMatrices } from "../../test/packed-matrices.ts";
import { NativeBackend } from "../engines/native/native-backend.ts";
import { FrozenWeight } from "../frozen-weight.ts";
import { frozenLinear } from "../ops/frozen-linear.ts";
import { countOf } from "../packed/block-numbers.ts";
import type { BlockMatrix } from "../packed/packed-matrix.ts";
import { matrix } from "../rows.ts";
import { withRoundedProducts } from "./rounded-products.ts";

const signedBytes = Float32Array.from({ length: 256 }, (_, code) => (code << 24) >> 24);
const nibbles = Float32Array.from({ length: 16 }, (_, code) => code);

/** As a GGUF file has them, and others. */
const evenKinds: Readonly<Record<string, (rows: number, columns: number) => BlockMatrix>> = {
  Q8_0: (rows, columns) => ({ ...packedMatrices["8 bits"](rows, columns), levels: signedBytes }),
  "unsigned bytes": packedMatrices["8 bits"],
  Q4_0: packedMatrices["4 bits"],
  Q4_1: (rows, columns) => ({ ...packedMatrices["4 bits with minima"](rows, columns), levels: nibbles }),
};

async function valuesOf(tensor: tf.Tensor): Promise<Float32Array> {
  const values = Float32Array.from(await tensor.data());
  tensor.dispose();
  return values;
}

function rms(values: Float32Array): number {
  return Math.sqrt(values.reduce((sum, value) => sum + value * value, 0) / values.length);
}

/** rms of what rounding changes, in parts of the product's. */
async function roundingError(weight: FrozenWeight, x: tf.Tensor2D): Promise<number> {
  const exact = await valuesOf(frozenLinear(x, weight));
  const rounded = await valuesOf(withRoundedProducts(() => frozenLinear(x, weight)));
  return rms(rounded.map((value, index) => value - (exact[index] ?? 0))) / rms(exact);
}

onEachBackend((engine) => {
  it.each(Object.entries(evenKinds))("a rounded product with %s is within 2 % of the exact one", async (_, pack) => {
    for (const [rows, columns] of [
      [70, 64],
      [5, 320],
      [1, 32],
    ] as const) {
      const weight = FrozenWeight.fromTransposed(pack(rows, columns));
      for (const count of [1, 3, 40]) {
        const x = matrix(waves([count, columns], 3));
        const error = await roundingError(weight, x);
        expect(error).toBeLessThan(0.02);
        // Other engines do not round; if native did not, it would have decoded.
        if (rows > 1) expect(error > 0).toBe(engine === "native");
        x.dispose();
      }
      weight.dispose();
    }
  });

  it("truncated blocks, other levels, transposed matrices and 16 bits are not rounded", async () => {
    const pack = packedMatrices;
    const others = [
      FrozenWeight.fromTransposed(pack["8 bits"](7, 40)),
      FrozenWeight.fromTransposed(pack.NF4(7, 64)),
      FrozenWeight.fromTransposed(pack.bf16(7, 64)),
      FrozenWeight.from(pack["4 bits"](64, 64)),
    ];
    for (const weight of others) {
      const x = matrix(waves([2, weight.inFeatures]));
      expect(await roundingError(weight, x)).toBe(0);
      x.dispose();
      weight.dispose();
    }
  });

  it("nothing is rounded within a gradient", async () => {
    const weight = FrozenWeight.fromTransposed(packedMatrices["4 bits"](6, 64));
    const x = waves([2, 64]);
    const loss = (input: tf.Tensor) => tf.sum(tf.square(frozenLinear(input, weight)));
    const exact = await valuesOf(tf.grad(loss)(x));
    expect(await valuesOf(withRoundedProducts(() => tf.grad(loss)(x)))).toEqual(exact);
    x.dispose();
    weight.dispose();
  });

  it("blocks and rows of zeros give zeros", async () => {
    const full = packedMatrices["4 bits"](4, 64);
    const weight = FrozenWeight.fromTransposed({ ...full, scales: new Uint16Array(countOf(full.scales)) });
    const other = FrozenWeight.fromTransposed(full);
    const [x, zeros] = [matrix(waves([2, 64])), tf.zeros<tf.Rank.R2>([2, 64])];
    for (const product of withRoundedProducts(() => [frozenLinear(x, weight), frozenLinear(zeros, other)]))
      expect(await valuesOf(product)).toEqual(new Float32Array(8));
    tf.dispose([x, zeros]);
    weight.dispose();
    other.dispose();
  });

  it.each([Number.NaN, Number.POSITIVE_INFINITY])("%s in a row makes no number of it", async (bad) => {
    for (const pack of Object.values(evenKinds)) {
      const weight = FrozenWeight.fromTransposed(pack(4, 64));
      for (const position of [0, 33, 63]) {
        const row = Float32Array.from({ length: 64 }, (_, index) => (index === position ? bad : 0.1));
        const x = tf.tensor2d(row, [1, 64]);
        const values = await valuesOf(withRoundedProducts(() => frozenLinear(x, weight)));
        expect(values.some(Number.isFinite), `${position}: ${values}`).toBe(false);
        x.dispose();
      }
      weight.dispose();
    }
  });

  it.each(Object.entries(evenKinds))("several matrices in %s have the same products as alone", async (_, pack) => {
    const weights = [7, 3, 12].map((rows) => FrozenWeight.fromTransposed(pack(rows, 64)));
    const [first, ...others] = weights;
    for (const count of [1, 3]) {
      const x = tf.reshape(waves([count, 64]), [count, 1, 64]);
      const together = withRoundedProducts(() => first?.multiplyRoundedWith(others, x));
      expect(together?.length).toBe(engine === "native" ? 3 : undefined);
      const [found, expected]: [number[], number[]] = [[], []];
      for (const [index, part] of (together ?? []).entries()) {
        const alone = withRoundedProducts(() => weights[index]?.multiplyRounded(x));
        expect(part.shape).toEqual(alone?.shape);
        if (alone === undefined) continue;
        found.push(...(await valuesOf(part)));
        expected.push(...(await valuesOf(alone)));
      }
      // Sums are taken in another order on some processors. One product gives all of them, so its largest number is their measure.
      expectClose(found, expected, 1e-6 * largestMagnitude(expected));
      expect(first?.multiplyRoundedWith(others, x)).toBeUndefined();
      x.dispose();
    }
    const other = FrozenWeight.fromTransposed(packedMatrices.NF4(7, 64));
    const x = waves([1, 64]);
    expect(withRoundedProducts(() => first?.multiplyRoundedWith([other], x))).toBeUndefined();
    x.dispose();
    other.dispose();
    for (const weight of weights) weight.dispose();
  });

  it("prepared matrices are freed with the weight", async () => {
    const backend = tf.backend();
    const count = () => (backend instanceof NativeBackend ? backend.blocks.count : 0);
    const before = count();
    await expectNoLeak(() => {
      const weight = FrozenWeight.fromTransposed(packedMatrices["8 bits"](4, 64));
      const x = tf.ones<tf.Rank.R2>([1, 64]);
      withRoundedProducts(() => frozenLinear(x, weight)).dispose();
      expect(count() - before).toBe(engine === "native" ? 1 : 0);
      x.dispose();
      weight.dispose();
    });
    expect(count()).toBe(before);
  });
});
