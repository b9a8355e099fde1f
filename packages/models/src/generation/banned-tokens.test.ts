import { describe, expect, it } from "vitest";
import { bannedAt, chooseToken, isLikeliest, withoutTokens } from "./choose-token.ts";

const free = { first: null, last: [] };
const banned = { sequences: [[9], [4, 5, 6]], first: [7] };

describe("bannedAt", () => {
  it("bans a token always, and the last of a sequence after the others", () => {
    expect(bannedAt(banned, { seen: [2, 4], step: 1, forced: free })).toEqual([9]);
    expect(bannedAt(banned, { seen: [2, 4, 5], step: 2, forced: free })).toEqual([9, 6]);
    expect(bannedAt(banned, { seen: [5], step: 1, forced: free })).toEqual([9]);
  });

  it("bans first tokens only for the first token that the model chooses", () => {
    expect(bannedAt(banned, { seen: [2], step: 0, forced: free })).toEqual([9, 7]);
    expect(bannedAt(banned, { seen: [2, 3], step: 1, forced: free })).toEqual([9]);
    const forced = { first: 3, last: [] };
    expect(bannedAt(banned, { seen: [2], step: 0, forced })).toEqual([9]);
    expect(bannedAt(banned, { seen: [2, 3], step: 1, forced })).toEqual([9, 7]);
  });
});

describe("withoutTokens", () => {
  it("leaves the given logits as they are", () => {
    const logits = Float32Array.of(1, 2, 3);
    expect([...withoutTokens(logits, [1])]).toEqual([1, Number.NEGATIVE_INFINITY, 3]);
    expect([...logits]).toEqual([1, 2, 3]);
    expect(withoutTokens(logits, [])).toBe(logits);
  });
});

it("logitBias makes another token the likeliest, but never a banned one", () => {
  const index = { prompt: 0, step: 1, seen: [0, 0] };
  const rules = { forced: free, banned: { sequences: [[2]], first: [] }, maxNewTokens: 4, logitBias: { 1: 3, 2: 100 } };
  expect(chooseToken(Float32Array.of(2, 0, 1), rules, index)).toBe(1);
  expect(isLikeliest({ ...rules, banned: { sequences: [], first: [] } }, index)).toBe(false);
});
