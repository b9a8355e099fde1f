import { describe, expect, it } from "vitest";
import { dequantize } from "./dequantize.ts";

/** F16 bits used below: 0x3800 is 0.5, 0x3c00 is 1, 0xb400 is −0.25, 0x2e66 is 0.0999755859375. */
const half = [0x00, 0x38];
const minusQuarter = [0x00, 0xb4];

describe("dequantize", () => {
  it("reads F32 as it is", () => {
    expect([...dequantize(Uint8Array.of(0, 0, 0x80, 0x3f, 0, 0, 0, 0xc0), "F32", 2)]).toEqual([1, -2]);
  });

  it("reads F16: normal, subnormal, infinite and not a number", () => {
    const bytes = Uint8Array.of(0x66, 0x2e, 0x01, 0x00, 0x00, 0xfc, 0x01, 0x7c);
    expect([...dequantize(bytes, "F16", 4)]).toEqual([0.0999755859375, 2 ** -24, Number.NEGATIVE_INFINITY, Number.NaN]);
  });

  it("reads BF16 as the upper 16 bits of a float32", () => {
    expect([...dequantize(Uint8Array.of(0x80, 0x3f, 0x40, 0xc0), "BF16", 2)]).toEqual([1, -3]);
  });

  it("multiplies the signed bytes of a Q8_0 block with its scale", () => {
    const block = new Uint8Array(34);
    block.set([...half, 3, 0xff, 127, 128]);
    expect([...dequantize(block, "Q8_0", 32).subarray(0, 5)]).toEqual([1.5, -0.5, 63.5, -64, 0]);
  });

  it("reads the low nibbles of a Q4_0 block as its first 16 numbers and subtracts 8", () => {
    const block = new Uint8Array(18).fill(0x88);
    block.set([...half, 0xf0, 0x19]);
    const values = dequantize(block, "Q4_0", 32);
    expect([values[0], values[16], values[1], values[17], values[2]]).toEqual([-4, 3.5, 0.5, -3.5, 0]);
  });

  it("adds the minimum of a Q4_1 block", () => {
    const block = new Uint8Array(20);
    block.set([...half, ...minusQuarter, 0xf0, 0x21]);
    const values = dequantize(block, "Q4_1", 32);
    expect([values[0], values[16], values[1], values[17], values[2]]).toEqual([-0.25, 7.25, 0.25, 0.75, -0.25]);
  });

  it("rounds the sum of a Q4_1 value to float32", () => {
    const block = new Uint8Array(20);
    block.set([0x01, 0x00, 0x00, 0x3c, 0x01]); // scale 2⁻²⁴, minimum 1, q = 1: a tie, so to even, which is 1
    expect(dequantize(block, "Q4_1", 32)[0]).toBe(1);
    block[4] = 0x03; // 1 + 3·2⁻²⁴ is a tie between 1 + 2⁻²³ and 1 + 2⁻²²; the latter is even
    expect(dequantize(block, "Q4_1", 32)[0]).toBe(1 + 2 ** -22);
  });

  it("starts every block with its own scale", () => {
    const blocks = new Uint8Array(68);
    blocks.set([...half, 2]);
    blocks.set([...minusQuarter, 2], 34);
    const values = dequantize(blocks, "Q8_0", 64);
    expect([values[0], values[32]]).toEqual([1, -0.5]);
  });

  it("refuses an unknown type, and lists the known ones", () => {
    expect(() => dequantize(new Uint8Array(36), "NVFP4", 64)).toThrow(/NVFP4 .*F32, F16, BF16, Q8_0, .*Q4_K/);
  });

  it.each([
    ["too few bytes", new Uint8Array(33), 32],
    ["too many bytes", new Uint8Array(35), 32],
    ["half a block", new Uint8Array(17), 16],
    ["a negative count", new Uint8Array(34), -32],
  ])("refuses %s", (_, bytes, count) => {
    expect(() => dequantize(bytes, "Q8_0", count)).toThrow(expect.objectContaining({ code: "GGUF_RANGE_INVALID" }));
  });
});
