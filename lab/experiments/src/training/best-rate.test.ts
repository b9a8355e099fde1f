import { expect, it } from "vitest";
import { bestRate } from "./best-rate.ts";

it.each([
  { lowest: 1, tried: [1, 2, 0.5] },
  { lowest: 4, tried: [1, 2, 4, 8] },
  { lowest: 0.25, tried: [1, 2, 0.5, 0.25, 0.125] },
])("finds that $lowest is best after trying $tried", async ({ lowest, tried }) => {
  const triedRates: number[] = [];
  const lossAt = async (rate: number) => {
    triedRates.push(rate);
    return Math.abs(Math.log2(rate / lowest));
  };
  expect(await bestRate(1, lossAt)).toBe(lowest);
  expect(triedRates).toEqual(tried);
});

it("does not halve forever what learns nothing at any rate, nor call a loss that is no number better", async () => {
  expect(await bestRate(1, async (rate) => rate)).toBe(1 / 16);
  expect(await bestRate(1, async (rate) => (rate > 1 ? Number.NaN : 1))).toBe(1);
});
