import { subspaceSimilarity } from "@lowrank/math";
import { normalMatrix } from "@lowrank/math/internal";
import { expect, it } from "vitest";
import { similarityGrid } from "./similarity-grid.ts";

it("has at each place what subspaceSimilarity gives for the same number of directions", () => {
  const [one, other] = [normalMatrix(3, 9, { seed: 1, path: "one" }), normalMatrix(5, 9, { seed: 1, path: "other" })];
  const grid = similarityGrid(one, other);
  expect(grid.map(({ length }) => length)).toEqual([5, 5, 5]);
  for (const [row, line] of grid.entries())
    for (const [column, value] of line.entries())
      expect(value).toBeCloseTo(subspaceSimilarity(one, other, { i: row + 1, j: column + 1 }), 10);
});
