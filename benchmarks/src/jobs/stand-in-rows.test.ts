import { describe, expect, it } from "vitest";
import { lengthAt, standInRows } from "./stand-in-rows.ts";

describe("made-up rows", () => {
  it("are as long as the real ones, and the same each time", () => {
    const lengths = standInRows("sst2", 500).map(({ sentence }) => String(sentence).split(" ").length);
    const mean = lengths.reduce((sum, length) => sum + length, 0) / lengths.length;
    expect(mean).toBeCloseTo(18.5, 0); // of SST-2's training set
    expect(standInRows("sst2", 500)).toEqual(standInRows("sst2", 500));
  });

  it("lie between the tenths that are known", () => {
    expect([0, 0.05, 0.1, 1].map((share) => lengthAt([1, 7, 10, 13, 15, 18, 20, 23, 27, 31, 51], share))).toEqual([
      1, 4, 7, 51,
    ]);
  });
});
