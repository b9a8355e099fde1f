import { describe, expect, it } from "vitest";
import { ExampleError } from "../errors.ts";
import { bleu, tokenize13a } from "./bleu.ts";

// Scores of sacrebleu 2.6.0, corpus_bleu with its defaults.
const scored = [
  {
    candidates: ["It is a guide to action which ensures that the military always obeys the commands of the party."],
    references: [
      [
        "It is a guide to action that ensures that the military will forever heed Party commands.",
        "It is the guiding principle which guarantees the military forces always being under the command of the Party.",
      ],
    ],
    score: 44.573518321953955,
    precisions: [89.47368421052632, 50, 35.294117647058826, 25],
    brevityPenalty: 1,
    lengths: [19, 19],
  },
  {
    candidates: [
      "Aromi is a coffee shop in the city centre.",
      "Alimentum isn't family-friendly; it costs £20-25, or $3.50 &amp; more.",
    ],
    references: [
      [
        "Aromi is a family friendly coffee shop in the city centre.",
        "In the city centre there is a coffee shop called Aromi.",
      ],
      ["Alimentum is not family-friendly, prices are £20-25 or $3.50 & more."],
    ],
    score: 55.95352043839657,
    precisions: [84.61538461538461, 66.66666666666667, 59.09090909090909, 40],
    brevityPenalty: 0.925961078642316,
    lengths: [26, 28],
  },
  {
    candidates: ["one two", "tiny"],
    references: [["one two three four five six"], ["nothing alike at all"]],
    score: 0,
    precisions: [66.66666666666667, 100, 0, 0],
    brevityPenalty: 0.09697196786440505,
    lengths: [3, 10],
  },
  {
    candidates: ["the the the the the the the"],
    references: [["the cat is on the mat", "there is a cat on the mat"]],
    score: 7.809849842300637,
    precisions: [28.571428571428573, 8.333333333333334, 5, 3.125],
    brevityPenalty: 1,
    lengths: [7, 7],
  },
];

describe("BLEU", () => {
  it.each(scored)("equals sacrebleu's result for $candidates", (row) => {
    const result = bleu(row.candidates, row.references);
    expect(result.score).toBeCloseTo(row.score, 10);
    expect(result.brevityPenalty).toBeCloseTo(row.brevityPenalty, 12);
    expect([result.candidateLength, result.referenceLength]).toEqual(row.lengths);
    for (const [n, precision] of row.precisions.entries()) expect(result.precisions[n]).toBeCloseTo(precision, 10);
  });

  it("uses the shorter of two references that are equally close in length", () => {
    expect(bleu(["a b c"], [["a b c d", "a b"]]).referenceLength).toBe(2);
  });

  it("is 0 for empty candidates", () => {
    expect(bleu([""], [["something"]]).score).toBe(0);
  });

  it("refuses counts that differ and candidates without a reference", () => {
    expect(() => bleu(["a"], [])).toThrow(ExampleError);
    expect(() => bleu(["a"], [[]])).toThrow(ExampleError);
  });
});

describe("13a tokenization", () => {
  // Outputs of sacrebleu 2.6.0's Tokenizer13a.
  it.each([
    [
      'Hello, world! It\'s 3.14 or 1,000-2,000 (approx.) a/b "q" x_y ~z',
      'Hello , world ! It\'s 3.14 or 1,000 - 2,000 ( approx . ) a / b " q " x _ y ~ z',
    ],
    ["서울은 한국의 수도이다. ‘인용’", "서울은 한국의 수도이다 . ‘인용’"],
    ["a-\nb c\nd &lt;p&gt; -- ...", "ab c d < p > -- . . ."],
    ["U.S.A. 5-star 5. .5 a.5 {x}|^`@[\\]", "U . S . A . 5 - star 5 . . 5 a . 5 { x } | ^ ` @ [ \\ ]"],
  ])("splits %j as sacrebleu does", (text, tokens) => {
    expect(tokenize13a(text).join(" ")).toBe(tokens);
  });
});
