// Kernels that tfjs-backend-wasm runs wrongly, or not at all, on tensors without entries.

import * as tf from "@tensorflow/tfjs-core";
import "@tensorflow/tfjs-backend-cpu";
import { version_wasm } from "@tensorflow/tfjs-backend-wasm";
import { beforeAll, describe, expect, it } from "vitest";
import "../../gradients.ts";
import { patchWasmKernels } from "./patch-wasm-kernels.ts";

beforeAll(async () => {
  await tf.setBackend("wasm");
  expect(patchWasmKernels(version_wasm)).toBeUndefined();
});

describe("Transpose of nothing", () => {
  it("is empty, of the transposed shape", async () => {
    const transposed = tf.transpose(tf.zeros([2, 0, 3]), [2, 0, 1]);
    expect(transposed.shape).toEqual([3, 2, 0]);
    expect((await transposed.data()).length).toBe(0);
    transposed.dispose();
  });
});

describe("GatherV2 of nothing", () => {
  it("is empty, of the right shape", () => {
    const nothing = tf.tensor1d([], "int32");
    const shapes = tf.tidy(() => [
      tf.gather(tf.zeros([0]), nothing).shape,
      tf.gather(tf.zeros([0, 3]), nothing, 1).shape,
    ]);
    expect(shapes).toEqual([[0], [0, 0]]);
    nothing.dispose();
  });
});
