import { fc, test } from "@fast-check/vitest";
import { expect, it } from "vitest";
import { batches, shareOfBatch } from "./batches.ts";

const ranksOf = (size: number) => Array.from({ length: size }, (_, rank) => ({ rank, size }));

test.prop([fc.array(fc.nat(500), { maxLength: 40 }), fc.integer({ min: 1, max: 9 })])(
  "gives every row of a batch to exactly one process",
  (tokens, size) => {
    const rows = tokens.map((count, index) => ({ count, index }));
    const shares = ranksOf(size).map((share) => shareOfBatch(rows, ({ count }) => count, share));
    expect(shares.flat().sort((a, b) => a.index - b.index)).toEqual(rows);
  },
);

it("lets no process have much more to do than another", () => {
  const tokens = [90, 10, 80, 20, 70, 30, 60, 40];
  const loads = ranksOf(2).map((share) => shareOfBatch(tokens, (count) => count, share).reduce((sum, n) => sum + n, 0));
  expect(loads).toEqual([200, 200]);
});

it("yields the same number of batches in each process, empty ones if there are too few rows", () => {
  const examples = Array.from({ length: 5 }, (_, row) => {
    return { kind: "sequence", inputIds: [row, row, row], labels: [row, row, row] } as const;
  });
  const all = [...batches(examples, { batchSize: 4, padId: 0 })];
  const shares = ranksOf(3).map((share) => [...batches(examples, { batchSize: 4, padId: 0, share })]);
  expect(shares.map((share) => share.length)).toEqual([2, 2, 2]);
  for (const [index, { rows, supervised, tokens }] of all.entries()) {
    const parts = shares.map((share) => share[index]);
    const sum = (name: "rows" | "supervised" | "tokens") =>
      parts.reduce((total, part) => total + (part?.[name] ?? 0), 0);
    expect([sum("rows"), sum("supervised"), sum("tokens")]).toEqual([rows, supervised, tokens]);
  }
  expect(shares.map((share) => share[1]?.rows)).toEqual([1, 0, 0]);
});
