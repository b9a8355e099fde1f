import { describe, expect, it } from "vitest";
import { bestAnswer } from "../../predict/best-answer.ts";
import { normalizeAnswer, squadScore } from "./extraction.ts";

describe("squadScore", () => {
  it("looks past case, punctuation, articles and spaces", () => {
    expect(normalizeAnswer(" The  dog's (old) an-apple. ")).toBe("dogs old anapple");
    expect(normalizeAnswer("caféa a theé thé")).toBe("caféa theé thé");
    expect(squadScore("the dog!", ["Dog"])).toEqual({ exact: 1, f1: 1 });
  });

  it("counts words that both have, each once, against the best of the right answers", () => {
    // 2 of 3 words given, 2 of 4 right ones: F1 = 2 · 2/3 · 1/2 / (2/3 + 1/2).
    const { exact, f1 } = squadScore("old old fox", ["nothing", "old fox of Seoul"]);
    expect(exact).toBe(0);
    expect(f1).toBeCloseTo(4 / 7, 12);
    expect(squadScore("cat", ["dog"])).toEqual({ exact: 0, f1: 0 });
  });

  it("finds no answer right where there is none", () => {
    expect(squadScore("", [])).toEqual({ exact: 1, f1: 1 });
    expect(squadScore("dog", [])).toEqual({ exact: 0, f1: 0 });
    expect(squadScore("", ["dog"])).toEqual({ exact: 0, f1: 0 });
  });
});

describe("bestAnswer", () => {
  const text = { length: 6, contextStart: 2, contextLength: 3, mayBeNone: false };

  it("ends where it starts or later, within the text", () => {
    const logits = { starts: [9, 0, 1, 2, 5, 9], ends: [9, 0, 4, 3, 1, 9] };
    // 5 + 1 at the last token is more than 2 + 3 at the middle one; 5 + 4 would end before it starts.
    expect(bestAnswer({ ...text, ...logits })).toEqual([2, 2]);
  });

  it("is none if the first token is the most likely and no answer is allowed", () => {
    const logits = { starts: [4, 0, 1, 2, 3, 0], ends: [4, 0, 1, 2, 3, 0] };
    expect(bestAnswer({ ...text, ...logits })).toEqual([2, 2]);
    expect(bestAnswer({ ...text, ...logits, mayBeNone: true })).toBeUndefined();
    expect(bestAnswer({ ...text, ...logits, contextLength: 0 })).toBeUndefined();
  });

  it("has at most thirty tokens", () => {
    const length = 40;
    const starts = Array.from({ length }, (_, place) => (place === 2 ? 9 : 0));
    const ends = Array.from({ length }, (_, place) => (place === 35 ? 9 : place === 31 ? 8 : 0));
    expect(bestAnswer({ starts, ends, length, contextStart: 2, contextLength: 36, mayBeNone: false })).toEqual([0, 29]);
  });
});
