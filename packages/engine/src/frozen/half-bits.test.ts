import { fc, test } from "@fast-check/vitest";
import { describe, expect, it } from "vitest";
import { halfBits } from "./half-bits.ts";
import { halfValues } from "./half-values.ts";

const bf16Value = (bits: number) => new Float32Array(Uint32Array.of(bits << 16).buffer)[0]!;

describe("halfBits", () => {
  it("gives every f16 and bf16 its own pattern back", () => {
    const patterns = Array.from({ length: 65_536 }, (_, bits) => bits);
    const own = patterns.filter((bits) => !Number.isNaN(halfValues()[bits]));
    expect([
      ...halfBits(
        Float32Array.from(own, (bits) => halfValues()[bits]!),
        "f16",
      ),
    ]).toEqual(own);
    const wide = patterns.filter((bits) => !Number.isNaN(bf16Value(bits)));
    expect([...halfBits(Float32Array.from(wide, bf16Value), "bf16")]).toEqual(wide);
  });

  test.prop([fc.float({ min: -70_000, max: 70_000, noNaN: true })])("rounds to a nearest f16", (value) => {
    const [bits = 0] = halfBits(Float32Array.of(value), "f16");
    const table = halfValues();
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
      expect(kind === "f16" ? halfValues()[nan] : bf16Value(nan)).toBeNaN();
      expect(infinity).toBe(kind === "f16" ? 0xfc00 : 0xff80);
    }
  });
});
