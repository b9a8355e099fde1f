import { describe, expect, it } from "vitest";
import { describeBest } from "./describe-best.ts";

const facts = { out: "mine", label: "loss", lastStep: 12 };

describe("what is said of the best validation at a run's end", () => {
  it("is that the folder holds its adapter", () => {
    const kept = { step: 4, value: 1.5, path: "mine" };
    expect(describeBest({ ...facts, best: kept, kept })).toBe(
      "the best validation loss was 1.5000 after step 4: mine holds the adapter of that step",
    );
  });

  it("is where its adapter is", () => {
    const kept = { step: 4, value: 1.5, path: "mine/best-checkpoint-4" };
    expect(describeBest({ ...facts, best: kept, kept })).toBe(
      "the best validation loss was 1.5000 after step 4: that adapter is mine/best-checkpoint-4",
    );
  });

  it("is that nothing was better than the start, and what to try", () => {
    expect(describeBest({ ...facts, best: { step: 0, value: 1.5 }, kept: undefined })).toBe(
      "the validation loss was best before the first step (1.5000): on those rows this training was of no use, and mine holds its last " +
        "step; try more rows, fewer steps or a lower --learning-rate",
    );
  });

  it("is that an earlier version did not keep its adapter", () => {
    expect(describeBest({ ...facts, best: { step: 4, value: 1.5 }, kept: undefined })).toBe(
      "the best validation loss was 1.5000 after step 4; its adapter is gone, for the run began under an earlier version",
    );
  });

  it("is nothing where the last step's was the best, or there was none", () => {
    expect(describeBest({ ...facts, best: { step: 12, value: 1.5 }, kept: undefined })).toBeUndefined();
    expect(describeBest({ ...facts, best: undefined, kept: undefined })).toBeUndefined();
  });
});
