import { describe, expect, it } from "vitest";
import { lengthAt, lengths, sentenceLengths, standInRows } from "./stand-in-rows.ts";

describe("made-up rows", () => {
  it("are as long as the real ones, and the same each time", () => {
    const counts = standInRows("sst2", 500).map(({ sentence }) => String(sentence).split(" ").length);
    const mean = counts.reduce((sum, count) => sum + count, 0) / counts.length;
    expect(Math.abs(mean - 18.5)).toBeLessThan(1.5); // of SST-2's training set, and the word that says the class
    expect(standInRows("sst2", 500)).toEqual(standInRows("sst2", 500));
  });

  it("are between the known tenths", () => {
    expect([0, 0.05, 0.1, 1].map((share) => lengthAt(lengths.sentence, share))).toEqual([1, 4, 7, 51]);
  });

  it("have the requested number of tokens, and different lengths", () => {
    for (const [count, mean] of [[160, 23] as const, [20, 16] as const]) {
      const rows = sentenceLengths(count, mean);
      expect(rows.reduce((sum, length) => sum + length, 0)).toBe(count * mean);
      expect(Math.max(...rows)).toBeGreaterThan(2 * mean);
    }
  });

  it("have their answers in their texts", () => {
    for (const { context, answers } of standInRows("squad", 20)) {
      expect(answers).toMatchObject({ text: [String(context).split(" ").at(-1)] });
    }
  });
});
