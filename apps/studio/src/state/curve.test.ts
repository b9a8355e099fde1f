import { describe, expect, it } from "vitest";
import type { TrainingProgress } from "../protocol/run.ts";
import { curveAsCsv, extended, noCurve, smoothed } from "./curve.ts";

const step = (number: number, loss: number): TrainingProgress => {
  return { type: "step", step: number, steps: 9, loss, learningRate: 1, tokensPerSecond: 1, secondsLeft: 1 };
};

describe("a curve", () => {
  it("takes steps and validations from the progress", () => {
    const { training, validation } = extended(noCurve, [
      { type: "validated", step: 0, loss: 5 },
      step(1, 4),
      step(2, 3),
    ]);
    expect(training).toEqual([
      [1, 4],
      [2, 3],
    ]);
    expect(validation).toEqual([[0, 5]]);
  });

  it("removes the points after a step that a run went back to", () => {
    const before = extended(noCurve, [step(1, 4), step(2, 9), step(3, 9)]);
    expect(extended(before, [step(2, 3)]).training).toEqual([
      [1, 4],
      [2, 3],
    ]);
  });

  it("smooths towards what came before, and leaves a level line level", () => {
    expect(smoothed([1, 2, 3].map((at) => [at, 5])).map(([, loss]) => loss)).toEqual(
      [5, 5, 5].map((loss) => expect.closeTo(loss, 10)),
    );
    const [, second] = smoothed([
      [1, 4],
      [2, 0],
    ]);
    expect(second?.[1]).toBeGreaterThan(0);
    expect(second?.[1]).toBeLessThan(4);
  });

  it("writes a line a step for a spreadsheet, and leaves a cell empty where nothing was measured", () => {
    const curve = extended(noCurve, [{ type: "validated", step: 0, loss: 5 }, step(1, 4)]);
    expect(curveAsCsv(curve)).toBe("step,training_loss,validation_loss\n0,,5\n1,4,\n");
  });
});
