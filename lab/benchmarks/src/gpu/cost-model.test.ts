import { expect, it } from "vitest";
import { extrapolate, predict } from "./cost-model.ts";

it("a step takes the time of arithmetic at 15 % of the peak and of the memory, or that of its dispatches", () => {
  // An M2: 54 GFLOP at 0.54 TFLOPS are 100 ms, 1 GB at 100 GB/s is 10 ms.
  expect(predict({ gflop: 54, bytesBound: 1e9, dispatches: 1 })["Apple M2"]).toBeCloseTo(110, 6);
  expect(predict({ dispatches: 7000 })["Apple M2"]).toBe(70);
});

it("more layers cost the difference of two measured costs", () => {
  expect(extrapolate({ dispatches: 100, gflop: 3 }, { dispatches: 130, gflop: 4 }, 29)).toEqual({
    dispatches: 970,
    gflop: 32,
  });
});
