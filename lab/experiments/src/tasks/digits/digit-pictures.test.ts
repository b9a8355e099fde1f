import { describe, expect, it } from "vitest";
import { coarseDigits, mnistDigits, side } from "./digit-pictures.ts";

describe("pictures of digits", () => {
  it("are as many as there are, and as large as the model reads them", async () => {
    const coarse = await coarseDigits();
    expect(coarse).toHaveLength(1797);
    const fine = mnistDigits(2, 100);
    expect(fine.map(({ label }) => label)).toEqual([0, 0, 1, 1, 2, 2, 3, 3, 4, 4, 5, 5, 6, 6, 7, 7, 8, 8, 9, 9]);
    for (const { pixels } of [coarse[0]!, fine[0]!]) {
      expect([pixels?.width, pixels?.height, pixels?.bytes.length]).toEqual([side, side, 3 * side * side]);
      expect(new Set(pixels?.bytes).size).toBeGreaterThan(8); // ink in shades, on nothing
    }
  });
});
