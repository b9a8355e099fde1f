import { describe, expect, it } from "vitest";
import { Divergence } from "./divergence.ts";

/** After how many of these losses the run counts as diverged; undefined: never. */
function divergesAt(losses: readonly number[]): number | undefined {
  const divergence = new Divergence();
  for (const [index, loss] of losses.entries()) {
    divergence.add(loss);
    if (divergence.isDiverged) return index + 1;
  }
  return undefined;
}

describe("Divergence", () => {
  it("ends a run whose loss climbs above one and a half times its beginning, after five such steps", () => {
    expect(divergesAt([4, 4, 4, 5, 7, 8, 9, 9, 9, 9])).toBe(9);
  });

  it("ends a run that had learned and is worse than at its beginning for five steps", () => {
    expect(divergesAt([4, 4, 4, 1, 0.5, 0.5, 0.5, 0.5, 0.5, 5, 5, 5, 5, 5])).toBe(14);
  });

  it("lets four bad steps pass", () => {
    expect(divergesAt([4, 4, 4, 2, 9, 9, 9, 9, 2, 2])).toBeUndefined();
  });

  it("lets a small loss jump as long as it is below the beginning", () => {
    expect(divergesAt([4, 4, 4, ...Array<number>(40).fill(0.01), ...Array<number>(9).fill(0.5)])).toBeUndefined();
  });

  it("is not misled by one easy batch at the beginning", () => {
    expect(divergesAt([1, 4, 4, 4, 4, 4, 4, 4])).toBeUndefined();
  });
});
