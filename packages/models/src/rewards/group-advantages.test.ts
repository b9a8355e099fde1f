import { describe, expect, it } from "vitest";
import { groupAdvantages } from "./group-advantages.ts";

const how = { groupSize: 3, scaleRewards: "group", estimator: "grpo" } as const;

describe("groupAdvantages", () => {
  it.each(["grpo", "rloo"] as const)("counts groups of equal rewards, and gives them exactly 0: %s", (estimator) => {
    const { advantages, equalGroups } = groupAdvantages([0.1, 0.1, 0.1, 0, 1, 2], { ...how, estimator });
    expect(equalGroups).toBe(1);
    expect([...advantages].slice(0, 3)).toEqual([0, 0, 0]);
    expect(advantages[5]).toBeGreaterThan(0.9);
  });

  it("refuses rewards that do not fill groups, and rewards that are no numbers", () => {
    expect(() => groupAdvantages([1, 2], how)).toThrow("rewards: 2 are no groups of 3");
    expect(() => groupAdvantages([1, 2, Number.NaN], how)).toThrow("reward 2 is NaN, not a finite number");
  });
});
