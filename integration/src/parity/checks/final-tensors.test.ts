import type { Fixture } from "@lowrank/testing";
import { describe, expect, it } from "vitest";
import { isWithin } from "../fixture/parity-check.ts";
import { compareFinalTensors } from "./final-tensors.ts";

const fixture: Fixture = {
  folder: "",
  expected: {},
  tensors: new Map(),
  tensor: () => ({ dtype: "F32", shape: [], values: new Float32Array() }),
};

/** 2000 entries, of which the first few are off by a step, and have no gradient worth the name if `isRounding`. */
function compared(off: number, isRounding: boolean) {
  const size = 2000;
  const values = new Float32Array(size);
  return compareFinalTensors(fixture, {
    wanted: new Map([["w", { dtype: "F32", shape: [size], values }]]),
    actual: () => values.map((_, index) => (index < off ? 1e-3 : 0)),
    first: new Map([["w", values.map((_, index) => (isRounding && index < off ? 1e-8 : 1))]]),
  });
}

describe("trained tensors", () => {
  it("may be off in a few entries if rounding decides, and report how many", () => {
    const { check, isRandom, drift } = compared(2, true);
    expect(isWithin(check)).toBe(true);
    expect(drift).toBe(1e-4); // 2 · 1e-3 · 1, but no more than that
    expect(check.note).toBe("rounding decided 2 of 2000 entries");
    expect([0, 1, 2].map(isRandom("w"))).toEqual([true, true, false]);
  });

  it("may not be off in many, or if a gradient is large enough to decide the direction", () => {
    expect(isWithin(compared(3, true).check)).toBe(false);
    expect(isWithin(compared(1, false).check)).toBe(false);
    expect([compared(0, true).drift, compared(3, true).drift, compared(1, false).drift]).toEqual([0, 0, 0]);
  });
});
