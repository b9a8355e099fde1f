import { describe, expect, it } from "vitest";
import { clipFactor, globalNorm, scaleGradients } from "./clip-gradients.ts";

describe("clipping by global norm", () => {
  const gradients = () =>
    new Map([
      ["a", Float32Array.of(3, 0)],
      ["b", Float32Array.of(4)],
    ]);

  it("takes all gradients as one vector: (3, 0, 4) has norm 5", () => {
    expect(globalNorm(gradients())).toBe(5);
  });

  it("scales by maxNorm / (norm + 1e-6), as torch does", () => {
    const clipped = gradients();
    scaleGradients(clipped, clipFactor(5, 1));
    expect(clipped.get("a")?.[0]).toBeCloseTo(3 / 5.000001, 7);
    expect(clipped.get("b")?.[0]).toBeCloseTo(4 / 5.000001, 7);
  });

  it("leaves small gradients alone", () => {
    expect(clipFactor(0.5, 1)).toBe(1);
    expect(clipFactor(0, 1)).toBe(1);
  });
});
