import { describe, expect, it } from "vitest";
import { predict, withLayers } from "./cost-model.ts";

describe("the cost model of a step", () => {
  it("adds the time of arithmetic at 15 % of the peak and that of the memory", () => {
    // An M2: 54 GFLOP at 0.54 TFLOPS are 100 ms, 1 GB at 100 GB/s is 10 ms.
    const [m2] = predict({ gflop: 54, bytes: 1e9, dispatches: 1 });
    expect(m2?.gpu).toBe("Apple M2");
    expect(m2?.predictedMs).toBeCloseTo(110, 6);
  });

  it("is never below the host's time for its dispatches", () => {
    expect(predict({ gflop: 0, bytes: 0, dispatches: 7000 }).map(({ predictedMs }) => predictedMs)).toEqual([
      70, 70, 70,
    ]);
  });

  it("continues the difference of a layer", () => {
    expect(withLayers({ dispatches: 100, gflop: 3 }, { dispatches: 130, gflop: 4 }, 30)).toEqual({
      dispatches: 970,
      gflop: 32,
    });
  });
});
