import { describe, expect, it } from "vitest";
import { maxLengthFor, positionLimit } from "./position-limit.ts";

describe("positionLimit", () => {
  it("takes 0 for no limit", () => {
    expect(positionLimit({ maxPositions: 0 })).toBe(Number.POSITIVE_INFINITY);
    expect(positionLimit({ maxPositions: 32 })).toBe(32);
  });
});

describe("maxLengthFor", () => {
  it("cuts rows at the model's limit or at 512, never at 0", () => {
    expect(maxLengthFor({ maxPositions: 0 }, undefined)).toBe(512);
    expect(maxLengthFor({ maxPositions: 32 }, undefined)).toBe(32);
    expect(maxLengthFor({ maxPositions: 4096 }, undefined)).toBe(512);
  });

  it("does as it is told", () => {
    expect(maxLengthFor({ maxPositions: 32 }, 7)).toBe(7);
  });
});
