import { describe, expect, it } from "vitest";
import { stopRule } from "./stop-rule.ts";

/** Tokens from 0 to 25 are letters; 26 is nothing; 27 is two letters. */
const decode = (ids: readonly number[]) =>
  ids.map((id) => (id === 26 ? "" : id === 27 ? "xy" : String.fromCharCode(97 + id))).join("");

describe("stopRule", () => {
  it("ends at an end token", () => {
    const ends = stopRule([3, 4]);
    expect([[3], [1, 4], [4, 1], []].map((ids) => ends(ids))).toEqual([true, true, false, false]);
  });

  it("ends if a text is complete, also across tokens and in the middle of one", () => {
    const ends = stopRule([], { strings: ["abc", "cx"], decode });
    expect(ends([5, 0, 1])).toBe(false);
    expect(ends([5, 0, 1, 2])).toBe(true);
    expect(ends([2, 27])).toBe(true);
  });

  it("looks past tokens that spell nothing", () => {
    const ends = stopRule([], { strings: ["abc"], decode });
    expect(ends([0, 1, ...Array<number>(100).fill(26), 2])).toBe(true);
  });
});
