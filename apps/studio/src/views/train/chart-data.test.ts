import { describe, expect, it } from "vitest";
import { chartColumns, lossRange } from "./chart-data.ts";

const training = [
  [1, 4],
  [2, 2],
] as const;

describe("the chart's columns", () => {
  it("have a place for every step of any line, and the base's loss from end to end", () => {
    const curve = { training, validation: [[0, 5]] as const };
    const [steps, raw, , validation, base] = chartColumns({ training: curve, earlier: [], steps: 10 });
    expect(steps).toEqual([0, 1, 2, 10]);
    expect(raw).toEqual([undefined, 4, 2, undefined]);
    expect(validation).toEqual([5, undefined, undefined, undefined]);
    expect(base).toEqual([5, undefined, undefined, 5]);
  });

  it("show all that is drawn, from zero on where the scale is even", () => {
    const columns = chartColumns({ training: { training, validation: [] }, earlier: [], steps: 2 });
    const [low, high] = lossRange(columns, false);
    expect(low).toBe(0);
    expect(high).toBeGreaterThan(4);
    const [lowLog] = lossRange(columns, true);
    expect(lowLog).toBeGreaterThan(0);
  });
});
