import { readFile } from "node:fs/promises";
import { describe, expect, it } from "vitest";
import loadWabt from "wabt";
import { byLoops, lowRankRows, rowModuleBase64 } from "./low-rank-rows.ts";

const numbers = (count: number, seed: number) =>
  Float32Array.from({ length: count }, (_, index) => Math.sin(seed + 7 * index));

describe("rows of a low-rank update", () => {
  it("are added by the kernel's compiled source", async () => {
    const source = await readFile(new URL("row-kernel.wat", import.meta.url), "utf8");
    const module = (await loadWabt()).parseWat("row-kernel.wat", source, { simd: true });
    expect(Buffer.from(module.toBinary({}).buffer).toString("base64")).toBe(rowModuleBase64);
  });

  it.each([
    [4, 1, 1],
    [16, 2, 1],
    [20, 3, 1],
    [68, 5, 2],
    [7, 2, 3],
  ])("are what loops add: %i columns, rank %i, groups %i", (columns, rank, groups) => {
    const rows = 8 * groups;
    const update = {
      scale: 0.5,
      rank,
      groups,
      outputs: "rows" as const,
      left: numbers(rows * rank, 1),
      right: numbers(groups * rank * columns, 2),
    };
    const [ours, expected] = [numbers(3 * columns, 3), numbers(3 * columns, 3)];
    lowRankRows(update, { rows, columns })(ours, 2);
    byLoops(update, { rows, columns })(expected, 2);
    for (const [index, value] of expected.entries()) expect(ours[index]).toBeCloseTo(value, 5);
    expect(ours).not.toEqual(numbers(3 * columns, 3));
  });
});
