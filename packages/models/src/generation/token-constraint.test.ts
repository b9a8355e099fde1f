import { describe, expect, it } from "vitest";
import { chooseToken, isLikeliest, type TokenRules } from "./choose-token.ts";

const free = { first: null, last: [] };
const rules: TokenRules = { forced: free, banned: { sequences: [], first: [] }, maxNewTokens: 9 };
const logits = Float32Array.from({ length: 70 }, (_, id) => id);

function placeWith(mask: Uint32Array | undefined) {
  const accepted: number[] = [];
  const constraint = { allowed: () => mask, accept: (id: number) => accepted.push(id), isComplete: false };
  return { prompt: 0, step: 0, seen: [1], constraint, accepted };
}

describe("a constraint", () => {
  it("leaves the likeliest token of its mask, and accepts it", () => {
    const index = placeWith(Uint32Array.of(1 << 5, 2 ** 31, 0)); // tokens 5 and 63
    expect(isLikeliest(rules, index)).toBe(false);
    expect(chooseToken(logits, rules, index)).toBe(63);
    expect(chooseToken(logits, { ...rules, sampling: { seed: 0, topK: 1 } }, index)).toBe(63);
    expect(index.accepted).toEqual([63, 63]);
  });

  it("without a mask allows every token", () => {
    expect(chooseToken(logits, rules, placeWith(undefined))).toBe(69);
  });

  it("neither changes nor accepts a forced token", () => {
    const index = placeWith(Uint32Array.of(1));
    expect(chooseToken(logits, { ...rules, forced: { first: 3, last: [] } }, index)).toBe(3);
    expect(index.accepted).toEqual([]);
  });

  it("whose tokens are all banned is an error", () => {
    const banned = { sequences: [[0]], first: [] };
    for (const sampling of [undefined, { seed: 1 }]) {
      const choose = () => chooseToken(logits, { ...rules, banned, sampling }, placeWith(Uint32Array.of(1)));
      expect(choose).toThrow(expect.objectContaining({ code: "GENERATION_OPTION" }));
    }
  });
});
