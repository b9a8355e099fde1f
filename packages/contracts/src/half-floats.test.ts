import { fc, test } from "@fast-check/vitest";
import { describe, expect, it } from "vitest";
import { f16Values, halfBits } from "./half-floats.ts";

const bf16Value = (bits: number) => new Float32Array(Uint32Array.of(bits << 16).buffer)[0]!;

describe("halfBits", () => {
  it("returns every f16 and bf16 bit pattern unchanged", () => {
    const patterns = Array.from({ length: 65_536 }, (_, bits) => bits);
    const own = patterns.filter((bits) => !Number.isNaN(f16Values()[bits]));
    expect([
      ...halfBits(
        Float32Array.from(own, (bits) => f16Values()[bits]!),
        "f16",
      ),
    ]).toEqual(own);
    const wide = patterns.filter((bits) => !Number.isNaN(bf16Value(bits)));
    expect([...halfBits(Float32Array.from(wide, bf16Value), "bf16")]).toEqual(wide);
  });

  test.prop([fc.float({ min: -70_000, max: 70_000, noNaN: true })])("rounds to a nearest f16", (value) => {
    const [bits = 0] = halfBits(Float32Array.of(value), "f16");
    const table = f16Values();
    const got = table[bits]!;
    const isTooLarge = Math.abs(value) >= 65_520;
    expect(Number.isFinite(got)).toBe(!isTooLarge);
    if (isTooLarge) return;
    const error = Math.abs(got - value);
    for (const neighbour of [bits - 1, bits + 1]) {
      const other = Math.abs((table[neighbour & 0xffff] ?? Number.NaN) - value);
      if (Number.isFinite(other)) expect(error < other || (error === other && bits % 2 === 0)).toBe(true);
    }
  });

  it("rounds to the nearest bf16, halfway to the even one, and keeps signs", () => {
    const values = Float32Array.of(1, 1 + 2 ** -8, 1 + 3 * 2 ** -8, -1.001, 3.4e38, 1e-45, -0);
    const back = [...halfBits(values, "bf16")].map(bf16Value);
    expect(back).toEqual([1, 1, 1 + 2 ** -6, -1, 1 / 0, 0, -0]);
  });

  it("keeps NaN and infinities", () => {
    for (const kind of ["f16", "bf16"] as const) {
      const [nan = 0, infinity] = halfBits(Float32Array.of(Number.NaN, Number.NEGATIVE_INFINITY), kind);
      expect(kind === "f16" ? f16Values()[nan] : bf16Value(nan)).toBeNaN();
      expect(infinity).toBe(kind === "f16" ? 0xfc00 : 0xff80);
    }
  });
});

describe("a number as f16", () => {
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
    expect([...halfBits(Float32Array.of(value), "f16")]).toEqual([bits]);
  });
});

describe("a number as bf16", () => {
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
    expect([...halfBits(Float32Array.of(value), "bf16")]).toEqual([bits]);
  });

  it("keeps a NaN whose payload is only in the dropped bits", () => {
    const [bits = 0] = halfBits(new Float32Array(Uint32Array.of(0x7f800001).buffer), "bf16");
    expect(bits & 0x7fff).toBeGreaterThan(0x7f80);
  });
});
