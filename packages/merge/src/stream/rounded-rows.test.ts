import { decodeToFloat32 } from "@lowrank/safetensors";
import { encodeNumbers } from "@lowrank/safetensors/internal";
import { describe, expect, it } from "vitest";
import type { PlainType } from "../export/planned-merge.ts";
import { lowRankRows } from "./low-rank-rows.ts";
import { roundedRows } from "./rounded-rows.ts";

/** Values of many magnitudes: some are subnormal in f16. */
const numbers = (count: number, seed: number) =>
  Float32Array.from({ length: count }, (_, index) => Math.sin(seed + 7 * index) * 10 ** -(index % 7));

const updateOf = (rows: number, columns: number, rank: number, groups = 1) => ({
  scale: 0.5,
  rank,
  groups,
  outputs: "rows" as const,
  left: numbers(rows * rank, 1),
  right: numbers(groups * rank * columns, 2),
});

function weightOf(values: Float32Array, columns: number, dtype: PlainType) {
  const bytes = encodeNumbers(values, dtype);
  const width = bytes.length / values.length;
  const readBytes = async (first: number, count: number) =>
    bytes.slice(width * columns * first, width * columns * (first + count));
  return { rows: values.length / columns, columns, dtype, readBytes, asFloats: decodeToFloat32(bytes, dtype) };
}

const plainTypes = ["F32", "F16", "BF16"] as const;
const pairs = plainTypes.flatMap((from) => plainTypes.map((to) => [from, to] as const));

describe("rows rounded on the way", () => {
  describe.each(pairs)("from %s to %s", (from, to) => {
    it.each([
      [5, 16, 1, 1],
      [4, 24, 7, 2],
      [33_000, 16, 2, 1],
    ])(
      "are bit for bit those of one step after the other, and so is the loss: %i × %i, rank %i, groups %i",
      async (rows, columns, rank, groups) => {
        const weight = weightOf(numbers(rows * columns, 3), columns, from);
        const update = updateOf(rows, columns, rank, groups);
        const values = weight.asFloats.slice();
        lowRankRows(update, weight)(values, 0);
        const expected = encodeNumbers(values, to);
        const back = decodeToFloat32(expected, to);
        const loss = values.reduce((max, value, index) => Math.max(max, Math.abs(value - back[index]!)), 0);
        const found: Uint8Array[] = [];
        let largest = 0;
        for await (const block of roundedRows(weight, update, to)!) {
          if ("bytes" in block) found.push(block.bytes);
          if ("bytes" in block) largest = Math.max(largest, block.largest);
        }
        expect(Buffer.compare(Buffer.concat(found), expected)).toBe(0);
        expect(largest).toBe(loss);
      },
    );
  });

  it.each([
    ["NaN", "BF16", Number.NaN],
    ["infinity", "F32", Number.POSITIVE_INFINITY],
    ["more than bf16 holds", "BF16", 3.4e38],
    ["more than f16 holds", "F16", 65_520],
  ] as const)("come as numbers where one is %s, in %s", async (_, dtype, bad) => {
    const weight = weightOf(numbers(64, 3), 16, dtype);
    const update = updateOf(4, 16, 1);
    update.right[5] = bad;
    update.left.fill(2);
    const { value: block } = await roundedRows(weight, update, dtype)!.next();
    const values = weight.asFloats.slice();
    lowRankRows(update, weight)(values, 0);
    expect(block).toEqual(values);
  });

  it("are not for rows of other widths, and lengths", () => {
    const weight = weightOf(numbers(64, 3), 16, "BF16");
    const update = updateOf(4, 16, 1);
    expect(roundedRows({ ...weight, columns: 4 }, update, "BF16")).toBeUndefined();
    expect(roundedRows(weight, { ...update, magnitudes: new Float32Array(4) }, "BF16")).toBeUndefined();
  });
});
