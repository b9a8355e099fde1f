import { expectNoLeak } from "@lowrank/testing";
import "@tensorflow/tfjs-backend-cpu";
import { expect, it } from "vitest";

import { frobeniusNorm, type Matrix, multiply, scaleColumns, transpose } from "./matrix.ts";
import { normalMatrix } from "./randomized-svd.ts";
import { streamedSvd } from "./streamed-svd.ts";
import { svd } from "./svd.ts";

const key = { seed: 4, path: "test" };
const noise = (rows: number, columns: number, path: string) => normalMatrix(rows, columns, { seed: 2, path });

/** Seven rows at a time in one and the same memory. */
function inBlocks({ rows, columns, values }: Matrix) {
  return {
    rows,
    columns,
    async *blocks() {
      const room = new Float32Array(7 * columns);
      for (let first = 0; first < values.length; first += room.length) {
        const part = values.subarray(first, first + room.length);
        room.set(part);
        yield room.subarray(0, part.length);
      }
    },
  };
}

it.each([
  [30, 19],
  [19, 30],
])("finds a matrix of low rank again, [%i, %i]", async (rows, columns) => {
  const matrix = multiply(noise(rows, 3, "left"), noise(3, columns, "right"));
  await expectNoLeak(async () => {
    const { u, s, v } = await streamedSvd(inBlocks(matrix), { rank: 3, key });
    const found = multiply(scaleColumns(u, s), transpose(v));
    const lost = matrix.values.map((value, index) => value - found.values[index]!);
    expect(frobeniusNorm({ ...matrix, values: lost }) / frobeniusNorm(matrix)).toBeLessThan(1e-6);
  });
});

it("is close to the first values of a matrix that has many", async () => {
  const matrix = noise(40, 30, "full");
  const { s } = await streamedSvd(inBlocks(matrix), { rank: 4, key, powerIterations: 6 });
  expect(s.length).toBe(4);
  for (const [index, value] of s.entries()) expect(value / svd(matrix).s[index]!).toBeCloseTo(1, 3);
});

it("refuses invalid ranks and numbers", async () => {
  await expect(streamedSvd(inBlocks(noise(4, 4, "a")), { rank: 0, key })).rejects.toThrow(
    expect.objectContaining({ code: "INVALID_SETTING" }),
  );
  const broken = noise(4, 4, "b");
  broken.values[5] = Number.NaN;
  await expect(streamedSvd(inBlocks(broken), { rank: 2, key })).rejects.toThrow(/finite numbers/);
});
