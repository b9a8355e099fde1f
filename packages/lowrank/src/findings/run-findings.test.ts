import { describe, expect, it } from "vitest";
import { guessOf, type RunRecord, runFindings } from "./run-findings.ts";

/** From one loss to another, with noise of a tenth that is the same in every run. */
function curve(steps: number, from: number, to: number): readonly number[] {
  return Array.from({ length: steps }, (_, step) => {
    const noise = 0.9 + 0.2 * (((step + 1) * 0.618034) % 1);
    return noise * (to + (from - to) * Math.exp((-4 * step) / steps));
  });
}

const run = { losses: curve(60, 2.9, 1.5), validations: [], learningRate: 1e-3 };
const coin = { rows: 100, loss: Math.log(2), accuracy: 0.5 };
const validated = (...losses: readonly number[]): Pick<RunRecord, "validations" | "best"> => {
  const value = Math.min(...losses);
  const validations = losses.map((loss, index) => ({ step: 20 * index, epoch: index, loss }));
  return { validations, best: { step: 20 * losses.indexOf(value), value } };
};

const healthy: readonly (readonly [what: string, record: RunRecord])[] = [
  ["a loss that falls", run],
  ["a loss that falls by a tenth in many steps", { ...run, losses: curve(400, 1.6, 1.4) }],
  ["too few steps to say anything", { ...run, losses: curve(9, 2, 2) }],
  ["a resumed run", { ...run, losses: [] }],
  ["a flat loss of noise whose validation falls", { ...run, losses: curve(60, 2, 2), ...validated(2, 1.9, 1.8) }],
  ["a validation that rose a little behind its best", { ...run, ...validated(2.9, 1.6, 1.5, 1.52) }],
  [
    "a classifier that is right more often than guessing, and overconfident",
    {
      ...run,
      guess: coin,
      guessHeldOut: coin,
      validations: [{ step: 20, epoch: 1, loss: 0.8, accuracy: 0.8 }],
    },
  ],
];

const ill: readonly (readonly [code: string, words: RegExp, record: RunRecord])[] = [
  [
    "NO_BETTER_THAN_GUESSING",
    /0\.6\d.* has a loss of 0\.6931 .*50 %.*Raise `epochs`, or `learningRate` to 0\.004/,
    { ...run, losses: curve(60, 0.69, 0.69), guess: coin },
  ],
  [
    "NO_BETTER_THAN_GUESSING",
    /never below 0\.69, and at best 51 % .*in between: lower `learningRate` to 0\.00025/,
    {
      ...run,
      losses: [...curve(20, 0.7, 0.7), 5, 4, 3, 2, 1, ...curve(35, 0.7, 0.69)],
      guess: coin,
      guessHeldOut: coin,
      validations: [{ step: 60, epoch: 3, loss: 0.69, accuracy: 0.51 }],
    },
  ],
  [
    "NO_BETTER_THAN_GUESSING",
    /right for 90 %/,
    { ...run, losses: curve(60, 0.69, 0.33), guess: guessOf(rowsOf(90, 10)) },
  ],
  ["LOSS_ROSE", /rose: .*Lower `learningRate` to 0\.00025/, { ...run, losses: curve(60, 2, 7) }],
  ["LOSS_FLAT", /barely fell: \d\.\d+ at the start/, { ...run, losses: curve(60, 2, 2) }],
  ["LOSS_FLAT", /Try `learningRate` 0\.00025, and 0\.004/, { ...run, losses: curve(600, 2, 1.99) }],
  ["VALIDATION_NEVER_BETTER", /before the first step \(1\.5\)/, { ...run, ...validated(1.5, 1.6, 1.7) }],
  [
    "OVERFITTED",
    /in epoch 1 \(step 20: 1\.5\) and rose to 2: .*Set `epochs` to 1/,
    { ...run, ...validated(2.9, 1.5, 1.8, 2) },
  ],
];

function rowsOf(...counts: readonly number[]) {
  return counts.flatMap((count, label) =>
    Array.from({ length: count }, () => ({ kind: "classified", inputIds: [1], label }) as const),
  );
}

describe("the findings of a run", () => {
  it.each(healthy)("are empty for %s", (_, record) => {
    expect(runFindings(record)).toEqual([]);
  });

  it.each(ill)("are %s (%s)", (code, words, record) => {
    const [finding, ...others] = runFindings(record);
    expect(finding).toMatchObject({ code, message: expect.stringMatching(words) });
    expect(finding?.learnedNothing === true).toBe(code !== "OVERFITTED");
    expect(others).toEqual([]);
  });
});

it("a guess has the entropy of classes, and the variance of numbers", () => {
  expect(guessOf(rowsOf(2, 2))).toEqual({ rows: 4, loss: Math.log(2), accuracy: 0.5 });
  const scored = [1, 3].map((score) => ({ kind: "scored", inputIds: [1], scores: [score] }) as const);
  expect(guessOf(scored)).toEqual({ rows: 2, loss: 2 });
  expect(guessOf([{ kind: "sequence", inputIds: [1], labels: [1] }])).toBeUndefined();
});
