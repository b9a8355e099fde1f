import { describe, expect, it } from "vitest";
import { ExampleError } from "../errors.ts";
import type { ComparedTexts } from "../tokenized-example.ts";
import { batches, batchIndices } from "./batches.ts";
import { padBatch } from "./pad-batch.ts";

const related = (...texts: readonly (readonly number[])[]): ComparedTexts => {
  const [inputIds = [], ...others] = texts;
  return { kind: "comparison", inputIds, others };
};

describe("a batch of comparisons", () => {
  it("has all first texts, then all second ones, and counts comparisons", () => {
    const batch = padBatch([related([1, 2], [3]), related([4], [5, 6])], { padId: 0 });
    expect([...batch.inputIds]).toEqual([1, 2, 4, 0, 3, 0, 5, 6]);
    expect(batch).toMatchObject({ rows: 4, time: 2, columns: 2, supervised: 2, tokens: 6, labelShape: [4] });
    expect(batch).not.toHaveProperty("similarities");
  });

  it("has the scores of its pairs", () => {
    const pair = { ...related([1], [2]), score: 0.5 };
    expect(padBatch([pair, { ...pair, score: 0.25 }], { padId: 0 }).similarities).toEqual([0.5, 0.25]);
  });

  it("refuses rows with other numbers of texts, and scores in some of them", () => {
    expect(() => padBatch([related([1], [2]), related([1], [2], [3])], { padId: 0 })).toThrow(ExampleError);
    expect(() => padBatch([related([1], [2]), { ...related([1], [2]), score: 1 }], { padId: 0 })).toThrow(ExampleError);
  });

  it("has no text twice if another batch has room for it, with any seed", () => {
    const rows = Array.from({ length: 40 }, (_, row) => related([row], [100 + (row % 10)]));
    for (let seed = 0; seed < 20; seed += 1) {
      const indices = batchIndices(rows, { batchSize: 4, seed });
      expect(indices.flat().sort((one, other) => one - other)).toEqual(rows.map((_, row) => row));
      expect(indices.map(({ length }) => length)).toEqual(Array(10).fill(4));
      const twice = indices.filter((batch) => new Set(batch.map((row) => row % 10)).size < batch.length);
      expect(twice.length).toBeLessThan(3);
    }
  });

  it("has only full batches with dropLast, and the rows' own order without shuffling", () => {
    const rows = Array.from({ length: 5 }, (_, row) => related([row], [7]));
    expect(batchIndices(rows, { batchSize: 2, dropLast: true }).map(({ length }) => length)).toEqual([2, 2]);
    const [first] = batches(rows, { batchSize: 2, padId: 0, shuffle: false });
    expect([...(first?.inputIds ?? [])]).toEqual([0, 1, 7, 7]);
  });
});
