import type { WeightSlot } from "@lowrank/engine/hook-points";
import { describe, expect, it } from "vitest";
import { ModelTooLargeError } from "../errors.ts";
import { checkSize } from "./fill-model.ts";
import type { LoadOptions } from "./load-options.ts";
import type { WeightSource } from "./weight-source.ts";

/** The error for a file of bf16 matrices of these shapes, of which only the headers exist; undefined if there is none. */
function refusal(shapes: Readonly<Record<string, readonly number[]>>, options: LoadOptions = {}): unknown {
  const bytesOf = (shape: readonly number[]) => 2 * shape.reduce((product, size) => product * size, 1);
  const tensors = new Map(
    Object.entries(shapes).map(([key, shape]) => {
      return [key, { shape, dtype: "BF16", byteLength: bytesOf(shape), isReadable: true }] as const;
    }),
  );
  const source: Pick<WeightSource, "name" | "tensors"> = { name: "sparse.safetensors", tensors };
  const fillings = Object.entries(shapes).map(([key, shape]) => {
    const slot: Pick<WeightSlot, "path" | "shape" | "packing"> = {
      path: key,
      shape,
      packing: { kind: "body", layout: "out-in", fill() {} },
    };
    return { key, slot: slot as WeightSlot };
  });
  try {
    checkSize({ fillings, toMakeNew: [] }, source as WeightSource, options);
    return undefined;
  } catch (error) {
    return error;
  }
}

describe("checkSize", () => {
  it("names every tensor of more values than TensorFlow.js can count", () => {
    const error = refusal({ "wte\n": [16_777_216, 4096], ln: [4096], head: [2 ** 31, 1], fits: [2 ** 31 - 1] });
    expect(error).toBeInstanceOf(ModelTooLargeError);
    expect((error as ModelTooLargeError).tensors.map(({ tensor }) => tensor)).toEqual(["wte\n", "head"]);
    expect((error as Error).message).toContain('"wte\\n" has 68719476736 values (274877906944 bytes)');
  });

  it.each([
    ["float32", 4000],
    ["bf16", 2000],
    ["as-stored", 2000],
    ["nf4", 500],
  ] as const)("requires at least the weights' memory: in %s, 1000 values take %i bytes", (basePrecision, bytes) => {
    expect(refusal({ w: [10, 100] }, { basePrecision, maxBytes: bytes })).toBeUndefined();
    const error = refusal({ w: [10, 100] }, { basePrecision, maxBytes: bytes - 1 });
    expect(error).toMatchObject({ code: "MODEL_TOO_LARGE", bytes, maxBytes: bytes - 1, file: "sparse.safetensors" });
  });
});
