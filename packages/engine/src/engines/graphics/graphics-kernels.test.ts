// Kernels of tfjs's graphics backends that give wrong results without our replacements. In Node the other engines must agree; the graphics ones
// run in a page (npm run test:browser).

import { expectClose, expectNoLeak } from "@lowrank/testing";
import * as tf from "@tensorflow/tfjs-core";
import { expect, it } from "vitest";
import { onEachBackend } from "../../../test/compare-with-twin.ts";

/** 1, 2, 3 and so on, out of a product: what small tensors are made of otherwise, graphics backends leave to the processor. */
function counting(shape: number[]): tf.Tensor {
  const size = tf.util.sizeFromShape(shape);
  return tf.reshape(tf.matMul(tf.ones([1, 1]), tf.reshape(tf.range(1, size + 1), [1, size])), shape);
}

/** Throws unless the result has this shape and exactly these numbers; and computes it again, to see that it leaks nothing. */
async function expectNumbers(compute: () => tf.Tensor, shape: number[], numbers: readonly number[]): Promise<void> {
  const result = tf.tidy(compute);
  expect(result.shape).toEqual(shape);
  expectClose(await result.data(), numbers, 0);
  result.dispose();
  await expectNoLeak(() => tf.tidy(compute).dispose(), { warmUp: false });
}

onEachBackend(() => {
  it.each([
    { axis: undefined, keepDims: false, shape: [] },
    { axis: 0, keepDims: false, shape: [3] },
    { axis: -2, keepDims: true, shape: [1, 3] },
    { axis: 1, keepDims: false, shape: [0] },
  ])("sums nothing along $axis to zeros", async ({ axis, keepDims, shape }) => {
    const zeros = new Array<number>(tf.util.sizeFromShape(shape)).fill(0);
    await expectNumbers(() => tf.sum(tf.zeros([0, 3]), axis, keepDims), shape, zeros);
  });

  it("multiplies matrices without an inner axis to zeros", async () => {
    const zeros = new Array<number>(12).fill(0);
    await expectNumbers(() => tf.matMul(tf.zeros([2, 0]), tf.zeros([0, 6])), [2, 6], zeros);
    await expectNumbers(() => tf.matMul(tf.zeros([0, 3]), tf.zeros([4, 0]), true, true), [3, 4], zeros);
    await expectNumbers(() => tf.matMul(tf.zeros([2, 2, 0]), tf.zeros([2, 0, 3])), [2, 2, 3], zeros);
  });

  it("sums segments of nothing to zeros", async () => {
    const none = () => tf.tensor1d([], "int32");
    await expectNumbers(() => tf.unsortedSegmentSum(tf.zeros([0, 3]), none(), 2), [2, 3], [0, 0, 0, 0, 0, 0]);
  });

  it("makes float32 of truth values and integers that can be transposed and summed", async () => {
    const isLarge = () => tf.cast(tf.greater(counting([1, 2, 3]), 3), "float32");
    await expectNumbers(() => tf.transpose(isLarge(), [2, 0, 1]), [3, 1, 2], [0, 1, 0, 1, 0, 1]);
    const integers = () => tf.cast(tf.cast(counting([2, 2, 2]), "int32"), "float32");
    await expectNumbers(() => tf.sum(integers(), 0), [2, 2], [6, 8, 10, 12]);
  });

  it("repeats two of five axes", async () => {
    const repeated = [1, 2, 1, 2, 3, 4, 3, 4, 1, 2, 1, 2, 3, 4, 3, 4];
    await expectNumbers(() => tf.tile(counting([1, 2, 1, 1, 2]), [2, 1, 1, 2, 1]), [2, 2, 1, 2, 2], repeated);
  });

  it("sums up from the end, axes of one length and of another", async () => {
    const fromEnd = (shape: number[], exclusive: boolean) => tf.cumsum(counting(shape), 1, exclusive, true);
    await expectNumbers(() => fromEnd([2, 3], false), [2, 3], [6, 5, 3, 15, 11, 6]);
    await expectNumbers(() => fromEnd([1, 4], false), [1, 4], [10, 9, 7, 4]);
    await expectNumbers(() => fromEnd([2, 3], true), [2, 3], [5, 3, 0, 11, 6, 0]);
    await expectNumbers(() => fromEnd([1, 4], true), [1, 4], [9, 7, 4, 0]);
  });

  it("adds more tensors than a shader has buffers", async () => {
    for (const count of [7, 8, 22]) {
      const terms = () => Array.from({ length: count }, () => counting([2]));
      await expectNumbers(() => tf.addN(terms()), [2], [count, 2 * count]);
    }
  });
});
