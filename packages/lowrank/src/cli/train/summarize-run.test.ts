import { describe, expect, it } from "vitest";
import { describeBest, describeRun } from "./summarize-run.ts";

const validation = [
  { step: 0, loss: 3, accuracy: 0.2 },
  { step: 4, loss: 1, accuracy: 0.6 },
  { step: 8, loss: 2, accuracy: 0.5 },
];
const samples = [{ prompt: `${"p".repeat(200)}\n->`, expected: " a\nb", before: "\u001b[31m", after: "c" }];
const run = {
  losses: [4, 3, 2, 1],
  validation,
  best: { step: 4, value: 1 },
  bestBy: "loss",
  isResumed: false,
  rows: 2,
} as const;

it("a summary has means of the loss, first, best and last validation, and texts on one line each", () => {
  expect(describeRun({ ...run, samples })).toEqual([
    "loss                   4.0000 → 1.0000 (means of 1 step)",
    "validation loss        3.0000 → 2.0000 (best: 1.0000 after step 4)",
    "validation accuracy    0.2000 → 0.5000",
    `prompt                 …${"p".repeat(157)}\\n->`,
    "  in the data          a\\nb",
    "  the base writes      \\u001b[31m",
    "  the adapter writes   c",
  ]);
});

it("a resumed run has no first loss, and one without validation explains how to get it", () => {
  expect(describeRun({ ...run, samples: [], validation: [], best: undefined, isResumed: true })).toEqual([
    "loss                   1.0000 (means of 1 step)",
    "validation             none: --validation-share 0.1 holds rows out to measure it",
  ]);
});

it("a run with rewards shows their rise instead of its loss", () => {
  const [first] = describeRun({ ...run, samples: [], rewards: [0.1, 0.3, 0.6, 0.9] });
  expect(first).toBe("reward                 0.1000 → 0.9000 (means of 1 step)");
});

it("a run of one row cannot hold one out", () => {
  const [, validation] = describeRun({ ...run, samples: [], validation: [], best: undefined, rows: 1 });
  expect(validation).toBe("validation             none: with 1 row, none can be held out");
});

it("cuts long texts between characters", () => {
  const sample = { prompt: "😀".repeat(200), expected: `a${"😀".repeat(200)}`, before: "", after: "" };
  const lines = describeRun({ ...run, samples: [sample] });
  expect(lines[3]).toBe(`prompt                 …${"😀".repeat(160)}`);
  expect(lines[4]).toBe(`  in the data          a${"😀".repeat(159)}…`);
});

const facts = { out: "mine", label: "loss", lastStep: 12 };

describe("the line about the best validation at a run's end", () => {
  it("is that the folder holds its adapter", () => {
    const kept = { step: 4, value: 1.5, path: "mine" };
    expect(describeBest({ ...facts, best: kept, checkpoint: kept })).toBe(
      "the best validation loss was 1.5000 after step 4: mine holds the adapter of that step",
    );
  });

  it("is its adapter's path", () => {
    const kept = { step: 4, value: 1.5, path: "mine/best-checkpoint-4" };
    expect(describeBest({ ...facts, best: kept, checkpoint: kept })).toBe(
      "the best validation loss was 1.5000 after step 4: that adapter is mine/best-checkpoint-4",
    );
  });

  it("is that an earlier version did not keep its adapter, nor the one before the first step", () => {
    const gone = (step: number) =>
      `the best validation loss was 1.5000 after step ${step}; its adapter is gone, for the run began under an earlier version`;
    expect(describeBest({ ...facts, best: { step: 4, value: 1.5 }, checkpoint: undefined })).toBe(gone(4));
    expect(describeBest({ ...facts, best: { step: 0, value: 1.5 }, checkpoint: undefined })).toBe(gone(0));
  });

  it("is nothing if the last step's was the best, or if there was none", () => {
    expect(describeBest({ ...facts, best: { step: 12, value: 1.5 }, checkpoint: undefined })).toBeUndefined();
    expect(describeBest({ ...facts, best: undefined, checkpoint: undefined })).toBeUndefined();
  });
});
