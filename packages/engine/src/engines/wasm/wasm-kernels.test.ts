// Each kernel against the cpu backend, on shapes that are no multiple of anything.

import { expectClose, expectNoLeak, largestMagnitude } from "@lowrank/testing";
import * as tf from "@tensorflow/tfjs-core";
import "@tensorflow/tfjs-backend-cpu";
import { version_wasm } from "@tensorflow/tfjs-backend-wasm";
import fc from "fast-check";
import { beforeAll, beforeEach, describe, expect, it } from "vitest";
import "../../gradients.ts";
import { patchWasmKernels } from "./patch-wasm-kernels.ts";

type Compute = () => tf.Tensor | tf.Tensor[];

/** float32 sums in another order differ by a few units of the last place of the largest term. */
const relativeTolerance = 1e-5;

async function run(backend: string, compute: Compute): Promise<readonly Float32Array[]> {
  await tf.setBackend(backend);
  const outputs = tf.tidy(() => [compute()].flat());
  const values = await Promise.all(outputs.map(async (output) => Float32Array.from(await output.data())));
  tf.dispose(outputs);
  return values;
}

async function expectSameAsCpu(compute: Compute): Promise<void> {
  const expected = await run("cpu", compute);
  const actual = await run("wasm", compute);
  for (const [index, values] of expected.entries()) {
    expectClose(
      actual[index] ?? [],
      values,
      relativeTolerance * Math.max(1, largestMagnitude(values)),
      `output ${index}`,
    );
  }
}

function waves(...shape: number[]): tf.Tensor {
  const size = tf.util.sizeFromShape(shape);
  return tf.tensor(
    Float32Array.from({ length: size }, (_, index) => Math.sin(index * 1.7 + size)),
    shape,
  );
}

beforeAll(async () => {
  await tf.setBackend("wasm");
  expect(patchWasmKernels(version_wasm)).toBeUndefined();
});

beforeEach(async () => {
  await tf.setBackend("wasm");
});

describe("patchWasmKernels", () => {
  it("changes nothing when called again", () => {
    const before = tf.getKernel("BatchMatMul", "wasm");
    patchWasmKernels(version_wasm);
    expect(tf.getKernel("BatchMatMul", "wasm")).toBe(before);
  });

  it("does not change an unknown version, and reports it", () => {
    expect(patchWasmKernels("4.23.0")).toContain("4.23.0");
  });
});

describe("BatchMatMul", () => {
  const size = fc.integer({ min: 1, max: 19 });
  const batches = fc.constantFrom<readonly [number[], number[]]>(
    [[], []],
    [[3], [3]],
    [[3], [1]],
    [[1], [3]],
    [
      [2, 3],
      [2, 3],
    ],
    [[2, 3], [3]],
    [
      [2, 1],
      [1, 3],
    ],
    [
      [1, 1],
      [2, 2],
    ],
  );

  it("equals the cpu backend for every orientation, batch and odd size", async () => {
    await fc.assert(
      fc.asyncProperty(
        size,
        size,
        size,
        batches,
        fc.boolean(),
        fc.boolean(),
        async (m, k, n, [left, right], tA, tB) => {
          const compute = () => {
            const a = waves(...left, ...(tA ? [k, m] : [m, k]));
            const b = waves(...right, ...(tB ? [n, k] : [k, n]));
            return referenceOrProduct(a, b, tA, tB);
          };
          await expectSameAsCpu(compute);
        },
      ),
      { numRuns: 60 },
    );
  });

  it("equals the cpu backend for matrices that are large enough for every fast path", async () => {
    const shapes: readonly [number[], number[]][] = [
      [
        [70, 90],
        [90, 66],
      ],
      [
        [4, 33, 40],
        [4, 40, 21],
      ],
      [
        [4, 33, 40],
        [40, 21],
      ],
      [
        [1, 33, 40],
        [4, 40, 21],
      ],
    ];
    for (const [left, right] of shapes) {
      for (const [tA, tB] of [
        [false, false],
        [true, false],
        [false, true],
        [true, true],
      ] as const) {
        await expectSameAsCpu(() =>
          referenceOrProduct(waves(...(tA ? swapLast(left) : left)), waves(...(tB ? swapLast(right) : right)), tA, tB),
        );
      }
    }
  });

  it("returns zeros if there is nothing to sum, and nothing if there are no rows", async () => {
    const [sums, none] = await run("wasm", () => [
      tf.matMul(tf.zeros([2, 0]), tf.zeros([0, 3])),
      tf.matMul(tf.zeros([0, 4]), tf.zeros([4, 3])),
    ]);
    expect([...(sums ?? [])]).toEqual([0, 0, 0, 0, 0, 0]);
    expect(none).toHaveLength(0);
  });

  it("propagates NaN and infinity to the right entries", async () => {
    const [values] = await run("wasm", () =>
      tf.matMul(
        tf.tensor2d([
          [Number.NaN, 1],
          [Number.POSITIVE_INFINITY, 1],
        ]),
        tf.ones([2, 1]),
      ),
    );
    expect([...(values ?? [])]).toEqual([Number.NaN, Number.POSITIVE_INFINITY]);
  });

  it("sees new values after an operand of the same shape was disposed of", async () => {
    const x = waves(8, 16);
    const first = waves(16, 12);
    tf.matMul(x, first).dispose();
    first.dispose();
    const second = tf.ones<tf.Rank.R2>([16, 12]);
    const product = tf.matMul(x, second);
    const sums = tf.sum(x, 1);
    expectClose(
      (await product.data()).filter((_, index) => index % 12 === 0),
      await sums.data(),
      1e-5,
    );
    tf.dispose([x, second, product, sums]);
  });

  it("leaks neither tensors nor the backend's memory", async () => {
    const work = () => tf.tidy(() => void tf.matMul(waves(6, 20, 30), waves(6, 25, 30), false, true));
    await expectNoLeak(work);
    const before = tf.engine().backend.numDataIds();
    work();
    expect(tf.engine().backend.numDataIds()).toBe(before);
  });
});

/** tfjs-cpu's own product handles a batch of one matrix against another only; ours must handle all that broadcasts. */
function referenceOrProduct(a: tf.Tensor, b: tf.Tensor, transposeA: boolean, transposeB: boolean): tf.Tensor {
  if (tf.getBackend() === "wasm") return tf.matMul(a, b, transposeA, transposeB);
  const batch = tf.broadcast_util.assertAndGetBroadcastShape(a.shape.slice(0, -2), b.shape.slice(0, -2));
  const spread = (x: tf.Tensor) => tf.broadcastTo(x, [...batch, ...x.shape.slice(-2)]);
  return tf.matMul(spread(a), spread(b), transposeA, transposeB);
}

function swapLast(shape: readonly number[]): number[] {
  const [rows = 1, columns = 1] = shape.slice(-2);
  return [...shape.slice(0, -2), columns, rows];
}

describe("Transpose", () => {
  it("equals the cpu backend for small and large matrices of any type", async () => {
    await expectSameAsCpu(() => [
      tf.transpose(waves(67, 129)),
      tf.transpose(waves(3, 5)),
      tf.transpose(tf.cast(waves(70, 80), "int32")),
      tf.transpose(waves(4, 33, 50), [0, 2, 1]),
      tf.transpose(waves(100, 50), [0, 1]),
    ]);
  });
});

describe("Identity", () => {
  it("shares values, and frees them with the last handle", async () => {
    const x = waves(1000);
    const values = await x.data();
    const before = tf.engine().backend.numDataIds();
    const copy = tf.clone(x);
    expect(tf.engine().backend.numDataIds()).toBe(before);
    x.dispose();
    expectClose(await copy.data(), values, 0);
    copy.dispose();
    expect(tf.engine().backend.numDataIds()).toBe(before - 1);
  });

  it("keeps a clone as it was when a variable is assigned to", async () => {
    const variable = tf.variable(tf.tensor1d([1, 2]));
    const clone = tf.clone(variable);
    const next = tf.tensor1d([3, 4]);
    variable.assign(next);
    expectClose(await clone.data(), [1, 2], 0);
    expectClose(await variable.data(), [3, 4], 0);
    tf.dispose([variable, clone, next]);
  });
});

describe("UnsortedSegmentSum", () => {
  it("equals the cpu backend, ids out of range included", async () => {
    const ids = () => tf.tensor1d([4, 0, -1, 4, 2], "int32");
    await expectSameAsCpu(() => [
      tf.unsortedSegmentSum(waves(5, 3), ids(), 6),
      tf.unsortedSegmentSum(waves(5), ids(), 5),
      tf.unsortedSegmentSum(waves(5, 2, 3), ids(), 7),
    ]);
  });
});

describe("convolution gradients", () => {
  it.each([
    { pad: "same", stride: 1 },
    { pad: "same", stride: 2 },
    { pad: "valid", stride: 1 },
    { pad: "valid", stride: 3 },
  ] as const)("equal the cpu backend with padding $pad and stride $stride", async ({ pad, stride }) => {
    const square = (x: tf.Tensor) => tf.sum(tf.square(x));
    await expectSameAsCpu(() => {
      const conv = (x: tf.Tensor, filter: tf.Tensor) =>
        square(
          tf.conv2d(tf.reshape<tf.Rank.R4>(x, [2, 9, 7, 3]), tf.reshape<tf.Rank.R4>(filter, [3, 2, 3, 5]), stride, pad),
        );
      return tf.grads(conv)([waves(2, 9, 7, 3), waves(3, 2, 3, 5)]);
    });
    await expectSameAsCpu(() => {
      const conv = (x: tf.Tensor, filter: tf.Tensor) =>
        square(
          tf.depthwiseConv2d(
            tf.reshape<tf.Rank.R4>(x, [2, 9, 7, 3]),
            tf.reshape<tf.Rank.R4>(filter, [3, 2, 3, 2]),
            stride,
            pad,
          ),
        );
      return tf.grads(conv)([waves(2, 9, 7, 3), waves(3, 2, 3, 2)]);
    });
  });
});

describe("Sum", () => {
  it("of nothing is zero, not whatever was in memory", async () => {
    await expectSameAsCpu(() => [
      tf.sum(tf.zeros([0, 4]), 0),
      tf.sum(tf.zeros([3, 0]), 1, true),
      tf.sum(tf.zeros([0])),
      tf.sum(waves(3, 4), 1, true),
    ]);
  });
});
