import { describe, expect, it } from "vitest";
import { answerOfClasses, answerOfQuestion, answerOfTokens } from "./answer-logits.ts";

const rules = {
  labels: ["bad", "good", "so so"],
  problem: "single_label_classification",
  topK: 2,
  threshold: 0.5,
  mayBeNone: false,
} as const;
const close = (value: number) => expect.closeTo(value, 6);

describe("logits of a classifier", () => {
  it("are the likeliest classes in order, whose probabilities add up to 1 with the others", () => {
    const answer = answerOfClasses([Math.log(0.2), Math.log(0.7), Math.log(0.1)], rules);
    const classes = [
      { label: "good", probability: close(0.7) },
      { label: "bad", probability: close(0.2) },
    ];
    expect(answer).toEqual({ kind: "class", prediction: "good", classes });
  });

  it("are independent if a row may have several classes", () => {
    const several = { ...rules, problem: "multi_label_classification", topK: 3, threshold: 0.7 } as const;
    const answer = answerOfClasses([0, Math.log(3), -100], several);
    expect(answer).toMatchObject({ kind: "classes", prediction: ["good"] });
    expect(answerOfClasses([-9, -9, -9], several)).toMatchObject({ prediction: [] });
  });

  it("are a regression's numbers as they are", () => {
    const problem = "regression" as const;
    expect(answerOfClasses([2.5], { ...rules, problem })).toEqual({ kind: "score", prediction: 2.5 });
    expect(answerOfClasses([2.5, -1], { ...rules, problem })).toEqual({ kind: "score", prediction: [2.5, -1] });
  });
});

it("is the class of a word's first token, whatever its other tokens have", () => {
  const row = {
    text: "the foxes",
    inputIds: [1, 5, 6, 7, 2],
    textStart: 1,
    spans: [
      [0, 3],
      [4, 7],
      [7, 9],
    ] as const,
  };
  // Marks, the, fox, ##es, marks.
  const logits = [9, 0, 0, 9, 0, 0, 0, 9, 0, 0, 0, 9, 0, 0, 9].map((logit) => logit * 2);
  const { prediction } = answerOfTokens(logits, row, rules) as { prediction: readonly unknown[] };
  expect(prediction).toEqual([
    { text: "the", start: 0, end: 3, label: "bad", probability: close(1) },
    { text: "foxes", start: 4, end: 9, label: "good", probability: close(1) },
  ]);
});

describe("logits of first and last tokens", () => {
  const row = { text: "the fox is old", inputIds: [1, 9, 2, 5, 6, 7, 8, 2], textStart: 3 };
  const spans = [
    [0, 3],
    [4, 7],
    [8, 10],
    [11, 14],
  ] as const;
  // [time, 2]: the answer "the fox", then "the"; no answer is likelier than both.
  const logits = [6, 6, 0, 0, 0, 0, 5, 3, 0, 4, 0, 0, 0, 0, 0, 0];

  it("are stretches of the text, the likeliest first", () => {
    const { prediction, answers } = answerOfQuestion(logits, { ...row, spans }, rules) as never as {
      prediction: string;
      answers: readonly { text: string; start: number; end: number; probability: number }[];
    };
    expect(prediction).toBe("the fox");
    expect(answers.map(({ text }) => text)).toEqual(["the fox", "the"]);
    expect(answers[0]?.probability).toBeGreaterThan((answers[1]?.probability ?? 1) * 2.5);
  });

  it("may be none, if that is allowed", () => {
    const options = { ...rules, mayBeNone: true };
    expect(answerOfQuestion(logits, { ...row, spans }, options)).toMatchObject({ prediction: "" });
  });
});
