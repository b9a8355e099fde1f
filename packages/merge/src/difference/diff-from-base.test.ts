import { expect, it } from "vitest";
import { diffFromBase } from "./diff-from-base.ts";

/** Pieces of these lengths. */
async function* pieces(values: readonly number[], ...lengths: readonly number[]): AsyncGenerator<Float32Array> {
  let from = 0;
  for (const length of lengths) {
    yield Float32Array.from(values.slice(from, from + length));
    from += length;
  }
}

it("measures each weight and its change, in whatever pieces both come", async () => {
  const merge = {
    changed: ["a.weight", "b.weight", "c.weight"],
    before: (path: string) => (path === "c.weight" ? pieces([0, 0], 2) : pieces([3, 0, 0, 4], 1, 3)),
    values: (path: string) => {
      if (path === "c.weight") return pieces([1, 0], 1, 1);
      return path === "a.weight" ? pieces([3, 0, 2, 4], 2, 2) : pieces([3, 0, 0, 4], 4);
    },
  };
  const found = [];
  for await (const one of diffFromBase(merge)) found.push(one);
  expect(found).toEqual([
    { path: "a.weight", baseNorm: 5, norm: 2, relative: 0.4 },
    { path: "b.weight", baseNorm: 5, norm: 0, relative: 0 },
    { path: "c.weight", baseNorm: 0, norm: 1, relative: Number.POSITIVE_INFINITY },
  ]);
});
