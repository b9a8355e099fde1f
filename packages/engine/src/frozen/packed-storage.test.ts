import { expectClose, expectNoLeak, largestMagnitude } from "@lowrank/testing";
import * as tf from "@tensorflow/tfjs-core";
import { describe, expect, it } from "vitest";
import { expectTwin, onEachBackend, waves } from "../../test/compare-with-twin.ts";
import { packedMatrices } from "../../test/packed-matrices.ts";
import { ArgumentError } from "../errors.ts";
import { FrozenWeight } from "../frozen-weight.ts";
import { embeddingLookup } from "../ops/embedding-lookup.ts";
import { frozenLinear } from "../ops/frozen-linear.ts";
import { linearCrossEntropy } from "../ops/losses/linear-cross-entropy.ts";
import { matrix } from "../rows.ts";
import { PackedStorage } from "./packed-storage.ts";

const kinds = Object.entries(packedMatrices).map(([kind, pack]) => ({ kind, pack }));
const layouts = ["in-out", "out-in"] as const;

async function valuesOf(tensor: tf.Tensor): Promise<Float32Array> {
  const values = Float32Array.from(await tensor.data());
  tensor.dispose();
  return values;
}

async function expectSame(actual: tf.Tensor, expected: tf.Tensor): Promise<void> {
  expect(actual.shape).toEqual(expected.shape);
  const values = await valuesOf(expected);
  expectClose(await valuesOf(actual), values, 1e-5 * largestMagnitude(values));
}

/**
 * Products in another order of their sums. What float32 rounds away is a part of what is summed, whose magnitudes may be
 * hundred times that of the sum: 4e-7 of them was seen (TensorFlow, AVX2).
 */
async function expectSameSums(actual: tf.Tensor, product: (of: (x: tf.Tensor2D) => tf.Tensor2D) => tf.Tensor) {
  const [expected, summed] = tf.tidy(() => [product((x) => x), product((x) => tf.abs(x))] as const);
  expect(actual.shape).toEqual(expected.shape);
  const tolerance = 1e-6 * largestMagnitude(await valuesOf(summed));
  expectClose(await valuesOf(actual), await valuesOf(expected), tolerance);
}

onEachBackend(() => {
  describe.each(kinds)("a weight in $kind", ({ pack }) => {
    it.each(layouts)("multiplies as its decoded matrix does, %s, in one piece or many", async (layout) => {
      const packed = pack(192, 320);
      // 20 000: pieces of 64 columns or 62 rows, and where 128 columns do not fit, sums over rows; 60 000: columns.
      for (const limit of [1 << 21, 60_000, 20_000]) {
        const storage = new PackedStorage(packed, layout, limit);
        const plain = storage.read(); // [inFeatures, outFeatures]
        const y = matrix(waves([3, storage.outFeatures], 2));
        await expectSameSums(storage.multiplyTransposed(y), (of) => tf.matMul(of(y), of(plain), false, true));
        // A few rows are multiplied in another way on wasm.
        for (const count of [1, 5]) {
          const x = matrix(waves([count, storage.inFeatures]));
          await expectSameSums(storage.multiply(x), (of) => tf.matMul(of(x), of(plain)));
          x.dispose();
        }
        tf.dispose([plain, y]);
      }
    });

    it("has the same gradients as its decoded matrix", async () => {
      for (const layout of layouts) {
        const packed = pack(40, 70);
        const weight = layout === "in-out" ? FrozenWeight.from(packed) : FrozenWeight.fromTransposed(packed);
        const plain = new PackedStorage(packed, layout).read();
        await expectSame(weight.read(), tf.clone(plain));
        const inputs = [waves([5, weight.inFeatures]), waves([weight.outFeatures], 2)];
        const twin = (x: tf.Tensor, bias: tf.Tensor) => tf.add(tf.matMul(x, plain), bias);
        await expectTwin((x, bias) => frozenLinear(x, weight, bias), twin, inputs);
        const labels = tf.tensor1d([1, 0, -100, 7, 3], "int32");
        const float = FrozenWeight.from(plain);
        await expectTwin(
          (x) => linearCrossEntropy(matrix(x), weight, labels, { chunkRows: 2 }),
          (x) => linearCrossEntropy(matrix(x), float, labels),
          [waves([5, weight.inFeatures])],
        );
        tf.dispose([labels]);
        weight.dispose();
        float.dispose();
      }
    });

    it("looks rows up, either way round", async () => {
      const ids = tf.tensor2d(
        [
          [4, 0],
          [39, 4],
        ],
        [2, 2],
        "int32",
      );
      for (const layout of layouts) {
        const packed = layout === "out-in" ? pack(40, 70) : pack(70, 40);
        const weight = layout === "in-out" ? FrozenWeight.from(packed) : FrozenWeight.fromTransposed(packed);
        const expected = tf.tidy(() => tf.gather(tf.transpose(weight.read()), ids));
        await expectSame(embeddingLookup(weight, ids), expected);
        weight.dispose();
      }
      ids.dispose();
    });

    it("keeps no tensor", async () => {
      await expectNoLeak(() => {
        const weight = FrozenWeight.fromTransposed(pack(40, 70));
        const x = matrix(waves([5, 70]));
        const ids = tf.tensor1d([3], "int32");
        tf.dispose([weight.multiply(x), weight.rows(ids), weight.read(), x, ids]);
        tf.dispose(tf.tidy(() => tf.grad((input: tf.Tensor) => tf.sum(frozenLinear(input, weight)))(waves([2, 70]))));
        weight.dispose();
      });
    });
  });

  it.each(["f16", "NF4"] as const)(
    "adds a bias or a sum to products of many rows, in %s of odd sizes",
    async (kind) => {
      const packed = packedMatrices[kind](37, 75); // more rows than a tile has
      const [weight, twin] = [FrozenWeight.fromTransposed(packed), new PackedStorage(packed, "out-in")];
      const plain = twin.read(); // [75, 37]
      const [x, y, bias] = [matrix(waves([41, 75])), matrix(waves([41, 37], 2)), waves([37], 3)];
      await expectSameSums(weight.multiply(x, bias), (of) => tf.add(tf.matMul(of(x), of(plain)), bias));
      await expectSameSums(weight.multiplyTransposed(y, tf.clone(x)), (of) =>
        tf.add(tf.matMul(of(y), of(plain), false, true), x),
      );
      weight.dispose();
      tf.dispose([plain, x, y, bias]);
    },
  );

  it("refuses a row that the table does not have", () => {
    const weight = FrozenWeight.fromTransposed(packedMatrices.bf16(3, 4));
    const ids = tf.tensor1d([3], "int32");
    expect(() => weight.rows(ids)).toThrow(ArgumentError);
    ids.dispose();
  });
});
