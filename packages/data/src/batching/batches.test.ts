import { describe, expect, it } from "vitest";
import { ExampleError } from "../errors.ts";
import { sampleRows } from "../row-list.ts";
import type { TokenizedExample } from "../tokenized-example.ts";
import { isTrainable } from "../tokenizing/shorten-sequence.ts";
import { batches, batchIndices } from "./batches.ts";
import { padBatch } from "./pad-batch.ts";
import { shuffled } from "./shuffled.ts";

function sequences(lengths: readonly number[]): TokenizedExample[] {
  return lengths.map((length, row) => {
    const inputIds = Array.from({ length }, (_, t) => row * 100 + t + 1);
    return { kind: "sequence", inputIds, labels: inputIds };
  });
}

describe("a batch", () => {
  it("is padded on the right to its longest row, and counts tokens and trained tokens", () => {
    const batch = padBatch(
      [
        { kind: "sequence", inputIds: [5, 6, 7], labels: [5, -100, 7] },
        { kind: "sequence", inputIds: [8, 9], labels: [-100, 9] },
      ],
      { padId: 1 },
    );
    expect([...batch.inputIds]).toEqual([5, 6, 7, 8, 9, 1]);
    expect([...batch.attentionMask]).toEqual([1, 1, 1, 1, 1, 0]);
    expect([...batch.labels]).toEqual([5, -100, 7, -100, 9, -100]);
    // The label of a row's first token is predicted from nothing, so the loss does not count it.
    expect(batch).toMatchObject({ rows: 2, time: 3, tokens: 5, supervised: 2, labelShape: [2, 3] });
    expect(batch.tokenTypeIds).toBeUndefined();
  });

  it("of classified rows has one label for each row", () => {
    const batch = padBatch(
      [
        { kind: "classified", inputIds: [5, 6], label: 1, tokenTypeIds: [0, 1] },
        { kind: "classified", inputIds: [8], label: 0 },
      ],
      { padId: 0, multipleOf: 4 },
    );
    expect([...batch.labels]).toEqual([1, 0]);
    expect([...(batch.tokenTypeIds ?? [])]).toEqual([0, 1, 0, 0, 0, 0, 0, 0]);
    expect(batch).toMatchObject({ time: 4, supervised: 2, labelShape: [2] });
  });

  it("does not count tokens that a row's own mask hides", () => {
    const padded: TokenizedExample = {
      kind: "sequence",
      inputIds: [5, 6, 1, 1],
      labels: [5, 6, -100, -100],
      attentionMask: [1, 1, 0, 0],
    };
    expect(padBatch([padded, ...sequences([3])], { padId: 1 })).toMatchObject({ tokens: 5, supervised: 3 });
  });

  it("does not count a row's first label, which nothing predicts", () => {
    const row: TokenizedExample = { kind: "sequence", inputIds: [5, 6, 7], labels: [4, -100, 7] };
    const options = { batchSize: 1, padId: 0 };
    expect([...batches([row], options)][0]).toMatchObject({ supervised: 1 });
    expect([...batches([row], { ...options, firstCounts: true })][0]).toMatchObject({ supervised: 2 });
    const lone: TokenizedExample = { ...row, labels: [4, -100, -100] };
    expect([isTrainable(lone), isTrainable(lone, { firstCounts: true })]).toEqual([false, true]);
  });

  it.each([0, 1.5, -4, Number.NaN])("refuses a time that is a multiple of %s", (multipleOf) => {
    expect(() => padBatch(sequences([2]), { padId: 0, multipleOf })).toThrow(ExampleError);
    expect(() => [...batches(sequences([2]), { batchSize: 1, padId: 0, multipleOf })]).toThrow(/whole number from 1/);
  });

  it("refuses to mix kinds, or to be empty", () => {
    const mixed: TokenizedExample[] = [...sequences([2]), { kind: "classified", inputIds: [1], label: 0 }];
    expect(() => padBatch(mixed, { padId: 0 })).toThrow(ExampleError);
    expect(() => padBatch([], { padId: 0 })).toThrow(ExampleError);
  });
});

describe("an epoch", () => {
  const examples = sequences([3, 9, 1, 7, 5, 2, 8]);

  it("holds every example once, in the order of its seed", () => {
    const order = batchIndices(examples, { batchSize: 3, seed: 2, epoch: 5 }).flat();
    expect(order).toEqual(shuffled(7, 2005));
    expect(batchIndices(examples, { batchSize: 3, seed: 2, epoch: 6 }).flat()).not.toEqual(order);
  });

  it("keeps the files' order without shuffling, and may drop an incomplete batch", () => {
    const options = { batchSize: 3, shuffle: false } as const;
    expect(batchIndices(examples, options)).toEqual([[0, 1, 2], [3, 4, 5], [6]]);
    expect(batchIndices(examples, { ...options, dropLast: true })).toHaveLength(2);
  });

  it("grouped by length pads less and still has every example once", () => {
    const many = sequences(Array.from({ length: 200 }, (_, index) => 1 + ((index * 37) % 50)));
    const padding = (groupByLength: boolean) => {
      const epoch = [...batches(many, { batchSize: 8, padId: 0, groupByLength })];
      return epoch.reduce((sum, batch) => sum + batch.rows * batch.time - batch.tokens, 0);
    };
    expect(padding(true)).toBeLessThan(padding(false) / 4);
    const indices = batchIndices(many, { batchSize: 8, groupByLength: true }).flat();
    expect([...indices].sort((a, b) => a - b)).toEqual(many.map((_, index) => index));
  });

  it("refuses no examples and a batch size of 0", () => {
    expect(() => [...batches([], { batchSize: 2, padId: 0 })]).toThrow(ExampleError);
    expect(() => [...batches(examples, { batchSize: 0, padId: 0 })]).toThrow(ExampleError);
  });
});

describe("batches with a maximum of tokens", () => {
  const examples = sequences([3, 9, 1, 7, 5, 2, 8]);

  it("contain whole rows in the epoch's order, up to the limit", () => {
    const inOrder = { batchTokens: 10, shuffle: false } as const;
    expect(batchIndices(examples, inOrder)).toEqual([[0], [1, 2], [3], [4, 5], [6]]);
    expect(batchIndices(examples, { batchTokens: 10, seed: 2 }).flat()).toEqual(shuffled(7, 2000));
  });

  it("have a longer row in its own batch", () => {
    const batchTokens = 8;
    const epoch = [...batches(examples, { batchTokens, padId: 0, shuffle: false })];
    expect(epoch.map(({ tokens }) => tokens)).toEqual([3, 9, 8, 7, 8]);
  });

  it("of similar length have less padding, and every row once", () => {
    const many = sequences(Array.from({ length: 200 }, (_, index) => 1 + ((index * 37) % 50)));
    const padding = (groupByLength: boolean) => {
      const epoch = [...batches(many, { batchTokens: 200, padId: 0, groupByLength })];
      expect(Math.max(...epoch.map(({ tokens }) => tokens))).toBeLessThanOrEqual(200);
      expect(epoch.reduce((sum, { rows }) => sum + rows, 0)).toBe(200);
      return epoch.reduce((sum, batch) => sum + batch.rows * batch.time - batch.tokens, 0);
    };
    expect(padding(true)).toBeLessThan(padding(false) / 2);
  });

  it("of sampled rows respect the maximum too, although lengths were estimated", () => {
    const guessed = sampleRows(examples, { make: (row) => row, lengths: examples.map(() => 1) });
    const epoch = [...batches(guessed, { batchTokens: 10, padId: 0, shuffle: false })];
    expect(epoch.map(({ tokens }) => tokens)).toEqual([3, 10, 7, 7, 8]);
    expect(batchIndices(guessed, { batchTokens: 10, shuffle: false })).toHaveLength(1);
  });

  it("refuse a batch size at the same time", () => {
    expect(() => batchIndices(examples, { batchTokens: 10, batchSize: 2 })).toThrow(
      /batchTokens is given together with batchSize or dropLast/,
    );
    expect(() => batchIndices(examples, { batchTokens: 0 })).toThrow(/whole number from 1, got 0/);
  });
});

describe("drawn rows", () => {
  it("that are undefined are left out of their batches, and empty batches are left out", () => {
    const examples = sequences([3, 2, 4, 1, 2]);
    const make = (row: TokenizedExample) => (row.inputIds.length === 2 || row.inputIds.length === 4 ? undefined : row);
    const drawn = sampleRows(examples, { make, lengths: [3, 2, 4, 1, 2] });
    const rowsOf = (batchSize: number) =>
      [...batches(drawn, { batchSize, padId: 0, shuffle: false })].map(({ rows }) => rows);
    expect(rowsOf(2)).toEqual([1, 1]);
    expect(rowsOf(1)).toEqual([1, 1]);
  });
});
