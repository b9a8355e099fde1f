import { expectClose, expectNoLeak, largestMagnitude } from "@lowrank/testing";
import * as tf from "@tensorflow/tfjs-core";
import { beforeAll, describe, expect, it, vi } from "vitest";
import { onEachBackend, waves } from "../../test/compare-with-twin.ts";
import { needInt8Products } from "../../test/need-int8-products.ts";
import { waveValues } from "../../test/packed-matrices.ts";
import { useEngine, useTestEngine } from "../../test/test-engines.ts";
import type { NativeBackend } from "../engines/native/native-backend.ts";

import { FrozenWeight } from "../frozen-weight.ts";
import { addLowRank } from "../ops/add-low-rank.ts";
import { frozenLinear } from "../ops/frozen-linear.ts";
import type { Int8Matrix } from "../packed/int8-matrix.ts";
import { packInt8 } from "../packed/pack-int8.ts";
import { matrix } from "../rows.ts";

const [inFeatures, outFeatures] = [70, 40];

function pack(values: Float32Array, rows = outFeatures, columns = inFeatures): Int8Matrix {
  const packed = packInt8(values, { rows, columns, layout: "out-in" });
  if (packed === undefined) throw new Error("The matrix is not finite.");
  return packed;
}

let packed: Int8Matrix;
beforeAll(async () => {
  await useTestEngine();
  packed = pack(waveValues(inFeatures * outFeatures));
});

async function valuesOf(tensor: tf.Tensor): Promise<Float32Array> {
  const values = Float32Array.from(await tensor.data());
  tensor.dispose();
  return values;
}

/** A row as whole numbers times one factor, halves to the even one. */
function rounded(row: Float32Array): { readonly codes: Float64Array; readonly factor: number } {
  const factor = Math.fround(Math.fround(1 / 127) * largestMagnitude(row));
  const codes = Float64Array.from(row, (value) => {
    const quotient = Math.fround(value / factor);
    const below = Math.floor(quotient);
    const isUp = quotient - below === 0.5 ? below % 2 !== 0 : quotient - below > 0.5;
    return factor === 0 ? 0 : isUp ? below + 1 : below;
  });
  return { codes, factor };
}

/** Whole numbers multiplied one by one: x [rows, inFeatures] → [rows, outFeatures]. */
function plainProduct(x: Float32Array, { codes, scales }: Int8Matrix): Float32Array {
  const result = new Float32Array((x.length / inFeatures) * outFeatures);
  for (let row = 0; row < x.length / inFeatures; row++) {
    const left = rounded(x.subarray(row * inFeatures, (row + 1) * inFeatures));
    for (let output = 0; output < outFeatures; output++) {
      let sum = 0;
      for (let input = 0; input < inFeatures; input++) sum += left.codes[input]! * codes[output * inFeatures + input]!;
      result[row * outFeatures + output] = sum * scales[output]! * left.factor;
    }
  }
  return result;
}

/** The same for the gradient: rows are scaled by the outputs' scales before they are rounded. */
function plainGradient(dy: Float32Array, { codes, scales }: Int8Matrix): Float32Array {
  const scaled = dy.map((value, position) => value * scales[position % outFeatures]!);
  const result = new Float32Array((dy.length / outFeatures) * inFeatures);
  for (let row = 0; row < dy.length / outFeatures; row++) {
    const left = rounded(scaled.subarray(row * outFeatures, (row + 1) * outFeatures));
    for (let input = 0; input < inFeatures; input++) {
      let sum = 0;
      for (let output = 0; output < outFeatures; output++)
        sum += left.codes[output]! * codes[output * inFeatures + input]!;
      result[row * inFeatures + input] = sum * left.factor;
    }
  }
  return result;
}

onEachBackend((engine) => {
  describe("a weight in 8 bits", () => {
    it("reads as its codes times their scales", async () => {
      const weight = FrozenWeight.fromInt8(packed);
      const values = await valuesOf(weight.read());
      const expected = values.map((_, position) => {
        const [input, output] = [Math.floor(position / outFeatures), position % outFeatures];
        return packed.codes[output * inFeatures + input]! * packed.scales[output]!;
      });
      expect(values).toEqual(Float32Array.from(expected));
      weight.dispose();
    });

    it("looks rows up", async () => {
      const weight = FrozenWeight.fromInt8(packed);
      const ids = tf.tensor1d([7, 0, 7], "int32");
      const expected = tf.tidy(() => tf.gather(tf.transpose(weight.read()), ids));
      expect(await valuesOf(weight.rows(ids))).toEqual(await valuesOf(expected));
      ids.dispose();
      weight.dispose();
    });

    it("has the gradients of float32 within 2 %, of one row and of many", async () => {
      const weight = FrozenWeight.fromInt8(packed);
      const plain = weight.read();
      for (const rows of [1, 300]) {
        const x = waves([rows, inFeatures], 3);
        const weights = waves([rows, outFeatures], 5);
        const gradient = (linear: (input: tf.Tensor) => tf.Tensor) =>
          valuesOf(tf.tidy(() => tf.grad((input: tf.Tensor) => tf.sum(tf.mul(linear(input), weights)))(x)));
        const expected = await gradient((input) => tf.matMul(matrix(input), plain));
        const actual = await gradient((input) => frozenLinear(input, weight));
        expectClose(actual, expected, 0.02 * largestMagnitude(expected));
        tf.dispose([x, weights]);
      }
      plain.dispose();
      weight.dispose();
    });

    it("multiplies a column of zeros to zero, and a row of zeros to the bias", async () => {
      const values = waveValues(inFeatures * outFeatures);
      values.fill(0, 3 * inFeatures, 4 * inFeatures);
      const weight = FrozenWeight.fromInt8(pack(values));
      const [x, bias] = [tf.concat([waves([2, inFeatures]), tf.zeros([1, inFeatures])]), waves([outFeatures])];
      const product = await valuesOf(weight.multiply(matrix(x)));
      expect([product[3], product[outFeatures + 3]]).toEqual([0, 0]);
      expect(product.subarray(2 * outFeatures).every((value) => value === 0)).toBe(true);
      const sum = await valuesOf(weight.multiply(matrix(x), bias));
      expect(sum.subarray(2 * outFeatures)).toEqual(Float32Array.from(await bias.data()));
      tf.dispose([x, bias]);
      weight.dispose();
    });

    it.each([Number.NaN, Number.POSITIVE_INFINITY, Number.NEGATIVE_INFINITY])(
      "makes a row with %d NaN, wherever it is, and leaves other rows alone",
      async (bad) => {
        const weight = FrozenWeight.fromInt8(packed);
        const good = waves([3, inFeatures]);
        const expected = await valuesOf(weight.multiply(matrix(good)));
        for (const position of [0, 31, 69]) {
          const values = Float32Array.from(await good.data());
          values[inFeatures + position] = bad;
          const x = tf.tensor2d(values, [3, inFeatures]);
          const product = await valuesOf(weight.multiply(x));
          const row = (index: number, of: Float32Array) => of.subarray(index * outFeatures, (index + 1) * outFeatures);
          expect(row(1, product).some((value) => Number.isFinite(value))).toBe(false);
          for (const index of [0, 2]) expectClose(row(index, product), row(index, expected), 1e-5);
          x.dispose();
        }
        good.dispose();
        weight.dispose();
      },
    );

    it("keeps no tensor", async () => {
      await expectNoLeak(() => {
        const weight = FrozenWeight.fromInt8(packed);
        tf.dispose(tf.tidy(() => tf.grad((input: tf.Tensor) => tf.sum(frozenLinear(input, weight)))(waves([2, 70]))));
        weight.dispose();
      });
    });
  });

  describe.runIf(engine === "native")("its products", () => {
    it("equal those of integers, for one row, a piece or many", async (test) => {
      needInt8Products(test);
      const weight = FrozenWeight.fromInt8(packed);
      for (const rows of [1, 5, 6000]) {
        const [x, dy] = [waves([rows, inFeatures], 3), waves([rows, outFeatures], 5)];
        const product = plainProduct(Float32Array.from(await x.data()), packed);
        const gradient = plainGradient(Float32Array.from(await dy.data()), packed);
        expectClose(await valuesOf(weight.multiply(matrix(x))), product, 2e-6 * largestMagnitude(product));
        expectClose(await valuesOf(weight.multiplyTransposed(matrix(dy))), gradient, 2e-6 * largestMagnitude(gradient));
        tf.dispose([x, dy]);
      }
      weight.dispose();
    });

    it("do not saturate if every number is the largest", async (test) => {
      needInt8Products(test);
      const weight = FrozenWeight.fromInt8(pack(new Float32Array(inFeatures * outFeatures).fill(0.5)));
      const x = tf.fill<tf.Rank.R2>([2, inFeatures], 3);
      expectClose(await valuesOf(weight.multiply(x)), new Float32Array(2 * outFeatures).fill(1.5 * inFeatures), 1e-4);
      x.dispose();
      weight.dispose();
    });

    it("are float32 if the processor is unsuitable", async () => {
      const { int8Weights } = tf.backend() as NativeBackend;
      Object.defineProperty(int8Weights, "problem", { value: "it is slow", configurable: true });
      const weight = FrozenWeight.fromInt8(packed);
      Reflect.deleteProperty(int8Weights, "problem");
      const x = matrix(waves([5, inFeatures]));
      const expected = await valuesOf(tf.tidy(() => tf.matMul(x, weight.read())));
      expectClose(await valuesOf(weight.multiply(x)), expected, 1e-5);
      x.dispose();
      weight.dispose();
    });

    it("are freed with the weight: all created sessions are released", (test) => {
      needInt8Products(test);
      FrozenWeight.fromInt8(packed).dispose(); // what all weights share is made
      const { runtime } = tf.backend() as NativeBackend;
      const [made, freed] = [vi.spyOn(runtime, "createSession"), vi.spyOn(runtime, "releaseSession")];
      const weight = FrozenWeight.fromInt8(packed);
      tf.dispose(tf.tidy(() => weight.multiplyTransposed(matrix(waves([2, outFeatures])))));
      weight.dispose();
      weight.dispose();
      expect([made.mock.calls.length, freed.mock.calls.length]).toEqual([2, 2]);
      vi.restoreAllMocks();
    });

    it("belong to the engine that packed them", async (test) => {
      needInt8Products(test);
      const weight = FrozenWeight.fromInt8(packed);
      await useEngine("cpu");
      expect(() => weight.multiply(matrix(waves([2, inFeatures])))).toThrow(
        expect.objectContaining({ code: "OTHER_ENGINE" }),
      );
      await useEngine("native");
      weight.dispose();
    });

    it("round an input once for all that are multiplied with it, and again once its values are others", async (test) => {
      needInt8Products(test);
      const weights = [FrozenWeight.fromInt8(packed), FrozenWeight.fromInt8(packed)];
      const rounds = (run: () => tf.Tensor) => {
        const backend = tf.backend() as NativeBackend;
        const spy = vi.spyOn(backend, "run");
        const result = run();
        const count = spy.mock.calls.filter(([{ outputs }]) => outputs.length === 2).length;
        vi.restoreAllMocks();
        return { result, count };
      };
      const multiply = (x: tf.Tensor) => rounds(() => tf.addN(weights.map((weight) => weight.multiply(matrix(x)))));
      const [x, other] = [tf.add(waves([90, inFeatures], 3), 0), tf.add(waves([90, inFeatures], 4), 0)];
      const first = multiply(x);
      expect(first.count).toBe(1);
      const next = multiply(other);
      expect(next.count).toBe(1);
      multiply(x).result.dispose();
      const [a, b] = [tf.ones<tf.Rank.R2>([inFeatures, 1]), tf.ones<tf.Rank.R2>([1, inFeatures])];
      const sum = addLowRank(x, other, a, b, 1, { mayReuseOutput: true }); // in x's memory
      const inPlace = await valuesOf(multiply(sum).result);
      const copy = tf.tensor2d(sum.dataSync().slice(), [90, inFeatures]);
      expect(inPlace).toEqual(await valuesOf(multiply(copy).result));
      const values = waves([90, inFeatures]).dataSync<"float32">().slice();
      const borrowed = tf.tensor2d(values, [90, inFeatures]);
      const before = multiply(borrowed);
      values.fill(0);
      expect((await valuesOf(multiply(borrowed).result)).every((value) => value === 0)).toBe(true);
      tf.dispose([x, other, a, b, first.result, next.result, sum, copy, borrowed, before.result]);
      for (const weight of weights) weight.dispose();
    });

    it("are added to a sum", async () => {
      const weight = FrozenWeight.fromInt8(packed);
      const [dy, before] = [matrix(waves([400, outFeatures])), waves([400, inFeatures], 2)];
      const expected = tf.tidy(() => tf.add(weight.multiplyTransposed(dy), before));
      const sum = tf.add(before, 0); // in memory that may be used again
      const actual = weight.multiplyTransposed(dy, sum);
      expectClose(await valuesOf(actual), await valuesOf(expected), 1e-6);
      tf.dispose([dy, before, sum]);
      weight.dispose();
    });
  });
});
