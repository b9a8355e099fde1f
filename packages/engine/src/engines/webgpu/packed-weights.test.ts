import { expectClose } from "@lowrank/testing";
import type { WebGPUBackend } from "@tensorflow/tfjs-backend-webgpu";
import * as tf from "@tensorflow/tfjs-core";
import { beforeAll, describe, expect, it, vi } from "vitest";
import { waves } from "../../../test/compare-with-twin.ts";
import { packedMatrices } from "../../../test/packed-matrices.ts";
import { testEngines, useEngine } from "../../../test/test-engines.ts";
import { ArgumentError } from "../../errors.ts";
import { PackedStorage } from "../../frozen/packed-storage.ts";
import { FrozenWeight } from "../../frozen-weight.ts";
import { adaptedLinears } from "../../ops/adapted-linear.ts";
import { packedBytes } from "../../packed/packed-matrix.ts";
import { matrix } from "../../rows.ts";
import { GpuPackedWeights } from "./gpu-packed-weights.ts";

async function valuesOf(tensor: tf.Tensor): Promise<Float32Array> {
  const values = Float32Array.from(await tensor.data());
  tensor.dispose();
  return values;
}

describe.skipIf(!testEngines("cpu").includes("webgpu"))("packed weights on the GPU", () => {
  let backend: WebGPUBackend;
  beforeAll(async () => {
    await useEngine("webgpu");
    backend = tf.backend() as WebGPUBackend;
  });

  it.each(Object.entries(packedMatrices))("take the memory of their bits in %s, until they are freed", (_, pack) => {
    const packed = pack(128, 512);
    const create = vi.spyOn(backend.device, "createBuffer");
    const weight = FrozenWeight.fromTransposed(packed);
    const sizes = create.mock.calls.map(([{ size }]) => size);
    const [buffer] = create.mock.results.map(({ value }) => value as GPUBuffer);
    const destroy = vi.spyOn(buffer as GPUBuffer, "destroy");
    create.mockRestore();
    expect(sizes).toHaveLength(1);
    expect(sizes[0]).toBeLessThanOrEqual(1.05 * packedBytes(packed));
    weight.dispose();
    expect(destroy).toHaveBeenCalledOnce();
  });

  it("may be freed before their products were computed", async () => {
    const packed = packedMatrices.NF4(70, 66);
    const [weight, twin] = [FrozenWeight.from(packed), new PackedStorage(packed, "in-out")];
    const x = matrix(waves([3, 70]));
    const product = weight.multiply(x);
    const [a, b] = [matrix(waves([70, 8])), tf.zeros<tf.Rank.R2>([8, 66])];
    const [adapted = tf.scalar(0)] = adaptedLinears(x, [{ weight, a, b, scale: 1 }]) ?? [];
    weight.dispose();
    const expected = await valuesOf(twin.multiply(x));
    expectClose(await valuesOf(product), expected, 1e-4);
    expectClose(await valuesOf(adapted), expected, 1e-4);
    tf.dispose([x, a, b]);
  });

  it("take as many dispatches with LoRA's branches as float32 takes", async () => {
    const [x, a, b] = [waves([3, 70]), matrix(waves([70, 8])), matrix(waves([8, 66]))];
    const dispatchesOf = async (weight: FrozenWeight) => {
      const parts = [1, 2].map((scale) => ({ weight, a, b, scale }));
      const bind = vi.spyOn(backend.device, "createBindGroup");
      const gradient = tf.grad((input) => tf.addN([...(adaptedLinears(input, parts) ?? [])]))(x);
      const count = bind.mock.calls.length;
      bind.mockRestore();
      await valuesOf(gradient);
      weight.dispose();
      return count;
    };
    const expected = await dispatchesOf(FrozenWeight.from(matrix(waves([70, 66]))));
    expect(await dispatchesOf(FrozenWeight.from(packedMatrices.NF4(70, 66)))).toBe(expected);
    tf.dispose([x, a, b]);
  });

  it("give NaN for an id that only the GPU knows and the table does not have", async () => {
    const weight = FrozenWeight.fromTransposed(packedMatrices.f16(3, 4));
    const numbers = tf.tensor1d([-1, 1, 3]);
    backend.uploadToGPU(numbers.dataId); // which forgets float32 values here, so that the GPU computes the ids
    const ids = tf.cast(numbers, "int32");
    const rows = await valuesOf(weight.rows(ids));
    expect([0, 1, 2].map((row) => rows.slice(4 * row, 4 * row + 4).every(Number.isFinite))).toEqual([
      false,
      true,
      false,
    ]);
    tf.dispose([numbers, ids]);
    weight.dispose();
  });

  it("are decoded on the host where one is larger than what a shader may read", () => {
    const limits = { maxStorageBufferBindingSize: 1000, maxBufferSize: 1 << 20 };
    const small = new GpuPackedWeights({ device: { limits } } as unknown as WebGPUBackend);
    expect(small.add(packedMatrices.f16(25, 21))).toBeUndefined();
    const add = vi.spyOn(GpuPackedWeights.prototype, "add").mockReturnValue(undefined);
    const weight = FrozenWeight.fromTransposed(packedMatrices.f16(25, 21));
    add.mockRestore();
    expect(weight.readRows).toBeDefined();
    weight.dispose();
  });

  it("belong to that engine, and report what they cannot do", async () => {
    const weight = FrozenWeight.fromTransposed(packedMatrices.NF4(4, 64));
    const x = matrix(waves([2, 64]));
    expect(() => weight.multiply(tf.cast(x, "int32"))).toThrow(ArgumentError);
    expect(() => weight.resized(5, () => tf.zeros([1, 64]))).toThrow("blocks of 4 bits");
    await useEngine("cpu");
    expect(() => weight.multiply(x)).toThrow(expect.objectContaining({ code: "OTHER_ENGINE" }));
    await useEngine("webgpu");
    weight.dispose();
    x.dispose();
  });
});
