import { expect, it } from "vitest";
import { normalQuantile } from "./sparse-gate.ts";

it("gives the quantiles of scipy.stats.norm.ppf", () => {
  const quantiles = [0.001, 0.1, 0.5, 0.95, 0.999].map((share) => normalQuantile(share).toFixed(10));
  expect(quantiles).toEqual(["-3.0902323062", "-1.2815515655", "0.0000000000", "1.6448536270", "3.0902323062"]);
});
