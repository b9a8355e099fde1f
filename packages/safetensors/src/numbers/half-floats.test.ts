import { describe, expect, it } from "vitest";
import { f16ToNumber, float32ToBf16, float32ToF16 } from "./half-floats.ts";

describe("float32ToF16", () => {
  it.each([
    ["zero", 0, 0x0000],
    ["minus zero", -0, 0x8000],
    ["one", 1, 0x3c00],
    ["a third, rounded down", 1 / 3, 0x3555],
    ["the largest value", 65_504, 0x7bff],
    ["just below the tie to infinity", 65_519.99, 0x7bff],
    ["the tie to infinity, whose even neighbour is infinity", 65_520, 0x7c00],
    ["minus infinity", Number.NEGATIVE_INFINITY, 0xfc00],
    ["a tie between 1 and its successor, to even 1", 1 + 2 ** -11, 0x3c00],
    ["a tie between odd and even, up to even", 1 + 3 * 2 ** -11, 0x3c02],
    ["just above a tie", 1 + 2 ** -11 + 2 ** -20, 0x3c01],
    ["a carry into the exponent", 2 - 2 ** -12, 0x4000],
    ["the smallest normal value", 2 ** -14, 0x0400],
    ["a subnormal that rounds up to normal", 2 ** -14 - 2 ** -26, 0x0400],
    ["the smallest subnormal", 2 ** -24, 0x0001],
    ["half of it: a tie, to even zero", 2 ** -25, 0x0000],
    ["a little more than half of it", 2 ** -25 * (1 + 2 ** -20), 0x0001],
    ["one and a half of it: a tie, to even", 1.5 * 2 ** -24, 0x0002],
    ["a float32 subnormal", 2 ** -140, 0x0000],
  ])("rounds %s", (_, value, bits) => {
    expect(float32ToF16(value)).toBe(bits);
  });

  it("keeps NaN a NaN", () => {
    expect(f16ToNumber(float32ToF16(Number.NaN))).toBeNaN();
  });

  it("undoes f16ToNumber for every one of the 63 490 numbers", () => {
    let checked = 0;
    for (let bits = 0; bits < 65_536; bits += 1) {
      const value = f16ToNumber(bits);
      if (Number.isNaN(value)) continue;
      if (float32ToF16(value) !== bits) throw new Error(`${bits} became ${float32ToF16(value)}`);
      checked += 1;
    }
    expect(checked).toBe(65_536 - 2 * 1023);
  });
});

describe("float32ToBf16", () => {
  it.each([
    ["one", 1, 0x3f80],
    ["minus zero", -0, 0x8000],
    ["a tie between 1 and its successor, to even 1", 1 + 2 ** -8, 0x3f80],
    ["a tie between odd and even, up to even", 1 + 3 * 2 ** -8, 0x3f82],
    ["just above a tie", 1 + 2 ** -8 + 2 ** -20, 0x3f81],
    ["a negative value, away from zero", -(1 + 3 * 2 ** -8), 0xbf82],
    ["the largest float32, to infinity", 3.4028234663852886e38, 0x7f80],
    ["a float32 subnormal", 2 ** -133, 0x0001],
    ["infinity", Number.POSITIVE_INFINITY, 0x7f80],
  ])("rounds %s", (_, value, bits) => {
    expect(float32ToBf16(value)).toBe(bits);
  });

  it("keeps a NaN whose payload lies only in the dropped half", () => {
    const nan = new Float32Array(Uint32Array.of(0x7f800001).buffer)[0] ?? 0;
    expect(float32ToBf16(nan) & 0x7fff).toBeGreaterThan(0x7f80);
  });
});
