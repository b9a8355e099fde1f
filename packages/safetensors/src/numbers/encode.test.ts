import { describe, expect, it } from "vitest";
import { decodeToFloat32, decodeToFloat64, decodeToInt32 } from "./decode.ts";
import { type EncodableDtype, encodeFloat32, encodeNumbers, float32Tensor, numbersTensor } from "./encode.ts";

describe("encodeNumbers and decodeToFloat64", () => {
  it.each<[EncodableDtype, readonly number[]]>([
    ["F64", [0.1, -1e300, Number.POSITIVE_INFINITY]],
    ["F32", [0.5, -3.4028234663852886e38, Number.NEGATIVE_INFINITY]],
    ["F16", [0.5, -65_504, 2 ** -24]],
    ["BF16", [0.5, -3, 2 ** -133]],
    ["I64", [0, -1, Number.MAX_SAFE_INTEGER, Number.MIN_SAFE_INTEGER]],
    ["I32", [2 ** 31 - 1, -(2 ** 31)]],
    ["U32", [0, 2 ** 32 - 1]],
    ["I16", [32_767, -32_768]],
    ["U16", [0, 65_535]],
    ["I8", [127, -128]],
    ["U8", [0, 255]],
    ["BOOL", [0, 1]],
  ])("return %s values as they were", (dtype, values) => {
    expect([...decodeToFloat64(encodeNumbers(values, dtype), dtype)]).toEqual(values);
  });

  it.each<[EncodableDtype, number]>([
    ["F32", 3.41e38],
    ["F16", 65_520],
    ["F16", -1e9],
    ["BF16", 3.4e38],
    ["I64", 2 ** 53],
    ["I32", 2 ** 31],
    ["U32", -1],
    ["I16", 32_768],
    ["U16", 65_536],
    ["I8", -129],
    ["U8", 0.5],
    ["I32", Number.NaN],
    ["BOOL", 2],
  ])("refuse for %s the value %d and say where it is", (dtype, value) => {
    expect(() => encodeNumbers([0, 1, value, value], dtype)).toThrow(
      expect.objectContaining({ code: "ValueOutOfRange", message: expect.stringContaining("2 of 4 values") }),
    );
    expect(() => encodeNumbers([0, 1, value], dtype)).toThrow(/at index 2/);
  });

  it("refuse values that become infinite only by way of float32", () => {
    for (const dtype of ["F16", "BF16"] as const) {
      const limit = dtype === "F16" ? 65_520 : 2 ** 128 - 2 ** 119;
      expect(() => encodeNumbers([limit * (1 - 2 ** -52)], dtype)).toThrow(/at index 0/);
      expect(encodeNumbers([limit * (1 - 2 ** -23)], dtype)).toHaveLength(2);
    }
  });

  it("accept infinities and NaN if the type has them", () => {
    const bytes = encodeFloat32(Float32Array.of(Number.POSITIVE_INFINITY, Number.NaN), "F16");
    expect([...decodeToFloat32(bytes, "F16")]).toEqual([Number.POSITIVE_INFINITY, Number.NaN]);
  });

  it("write little-endian", () => {
    expect([...encodeNumbers([1], "F32")]).toEqual([0, 0, 0x80, 0x3f]);
    expect([...encodeNumbers([-2], "I64")]).toEqual([0xfe, 255, 255, 255, 255, 255, 255, 255]);
  });
});

describe("decodeToFloat32", () => {
  it.each(["F32", "F16", "BF16"] as const)("reads %s from an odd offset of a larger buffer", (dtype) => {
    const bytes = encodeNumbers([1, -2], dtype);
    const shifted = new Uint8Array(bytes.length + 3);
    shifted.set(bytes, 1);
    expect([...decodeToFloat32(shifted.subarray(1, 1 + bytes.length), dtype)]).toEqual([1, -2]);
  });

  it("does not hand out the buffer it read from", () => {
    const bytes = encodeNumbers([1], "F32");
    decodeToFloat32(bytes, "F32")[0] = 5;
    expect([...bytes]).toEqual([0, 0, 0x80, 0x3f]);
  });

  it("refuses a type without numbers, and a wrong length", () => {
    expect(() => decodeToFloat32(new Uint8Array(1), "F8_E4M3")).toThrow(
      expect.objectContaining({ code: "UnsupportedDtype" }),
    );
    expect(() => decodeToFloat32(new Uint8Array(3), "F16")).toThrow(
      expect.objectContaining({ code: "InvalidTensorView" }),
    );
  });
});

describe("decodeToInt32", () => {
  it("reads token ids stored as I64", () => {
    expect([...decodeToInt32(encodeNumbers([5, -100], "I64"), "I64")]).toEqual([5, -100]);
  });

  it("refuses numbers beyond 32 bits, and floats", () => {
    expect(() => decodeToInt32(encodeNumbers([1, 2 ** 31], "I64"), "I64")).toThrow(/Element 1 is 2147483648/);
    expect(() => decodeToInt32(encodeNumbers([1], "F32"), "F32")).toThrow(
      expect.objectContaining({ code: "UnsupportedDtype" }),
    );
  });
});

describe("float32Tensor", () => {
  it("refuses a shape that needs another number of values", () => {
    expect(() => float32Tensor([2, 3], new Float32Array(5))).toThrow(/needs 6 values, got 5/);
    expect(() => numbersTensor("I32", [-1], [])).toThrow(expect.objectContaining({ code: "InvalidTensorView" }));
  });

  it("needs one value for a scalar and none for an empty tensor", () => {
    expect(float32Tensor([], Float32Array.of(1)).data.length).toBe(4);
    expect(float32Tensor([3, 0], new Float32Array()).data.length).toBe(0);
  });
});
