import { decodeToFloat32, encodeNumbers } from "@lowrank/safetensors";
import { describe, expect, it } from "vitest";
import { lowRankRows } from "./low-rank-rows.ts";
import { roundedRows } from "./rounded-rows.ts";

const numbers = (count: number, seed: number) =>
  Float32Array.from({ length: count }, (_, index) => Math.sin(seed + 7 * index));

const updateOf = (rows: number, columns: number, rank: number) => ({
  ...{ scale: 0.5, rank, groups: 1, outputs: "rows" as const },
  ...{ left: numbers(rows * rank, 1), right: numbers(rank * columns, 2) },
});

function weightOf(values: Float32Array, columns: number) {
  const bytes = encodeNumbers(values, "BF16");
  const readBytes = async (first: number, count: number) =>
    bytes.slice(2 * columns * first, 2 * columns * (first + count));
  return { rows: values.length / columns, columns, readBytes, asFloats: decodeToFloat32(bytes, "BF16") };
}

describe("rows rounded on the way", () => {
  it.each([
    [5, 16, 1],
    [3, 48, 7],
    [33_000, 16, 2],
  ])(
    "are bit for bit those of one step after the other, and so is the loss: %i × %i, rank %i",
    async (rows, columns, rank) => {
      const weight = weightOf(numbers(rows * columns, 3), columns);
      const update = updateOf(rows, columns, rank);
      const values = weight.asFloats.slice();
      lowRankRows(update, weight)(values, 0);
      const expected = encodeNumbers(values, "BF16");
      const back = decodeToFloat32(expected, "BF16");
      const loss = values.reduce((most, value, index) => Math.max(most, Math.abs(value - back[index]!)), 0);
      const found: Uint8Array[] = [];
      let largest = 0;
      for await (const block of roundedRows(weight, update)!) {
        if ("bytes" in block) found.push(block.bytes);
        if ("bytes" in block) largest = Math.max(largest, block.largest);
      }
      expect(Buffer.compare(Buffer.concat(found), expected)).toBe(0);
      expect(largest).toBe(loss);
    },
  );

  it.each([
    ["NaN", Number.NaN],
    ["infinity", Number.POSITIVE_INFINITY],
    ["more than bf16 holds", 3.4e38],
  ])("come as numbers where one is %s", async (_, bad) => {
    const weight = weightOf(numbers(64, 3), 16);
    const update = updateOf(4, 16, 1);
    update.right[5] = bad;
    update.left.fill(2);
    const { value: block } = await roundedRows(weight, update)!.next();
    const values = weight.asFloats.slice();
    lowRankRows(update, weight)(values, 0);
    expect(block).toEqual(values);
  });

  it("are not for rows of other widths, lengths, experts", () => {
    const weight = weightOf(numbers(64, 3), 16);
    const update = updateOf(4, 16, 1);
    expect(roundedRows({ ...weight, columns: 8 }, update)).toBeUndefined();
    expect(roundedRows(weight, { ...update, groups: 2 })).toBeUndefined();
    expect(roundedRows(weight, { ...update, lengths: new Float32Array(4) })).toBeUndefined();
  });
});
