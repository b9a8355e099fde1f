import { expect, it } from "vitest";
import { noRewards, rewardFindings, withRewards } from "./reward-findings.ts";

const step = { groups: 4, equalGroups: 1, reward: 0.5, rewardStd: 0.2, completionLength: 9 };
const found = (metrics: Readonly<Record<string, number>>, isResumed = false) =>
  rewardFindings(
    [step, step, step].reduce((sums, each) => withRewards(sums, { ...each, ...metrics }), noRewards),
    { isResumed },
  );

it.each([
  ["rewards that differ", {}],
  ["rewards below zero", { reward: -3, rewardStd: 0.1 }],
  ["rewards around zero", { reward: 0, rewardStd: 1e-6 }],
  ["three of four groups that are equal", { equalGroups: 3 }],
])("%s are healthy", (_, metrics) => {
  expect(found(metrics)).toEqual([]);
});

it("a run of which no group differs learned nothing", () => {
  const [finding] = found({ equalGroups: 4 });
  expect(finding).toMatchObject({ code: "REWARDS_ALL_EQUAL", learnedNothing: true });
  expect(finding?.message).toMatch(/learned nothing: in 12 of 12 groups \(100 %\)/);
  const [resumed] = found({ equalGroups: 4 }, true);
  expect(resumed).toEqual({
    code: "REWARDS_ALL_EQUAL",
    message: expect.stringMatching(/since the resume taught nothing/),
  });
});

it.each([
  [/in 57 of 60 groups \(95 %\)/, { groups: 20, equalGroups: 19 }],
  [/hardly vary: 0\.5 ± 0\.0001 on average/, { rewardStd: 1e-4 }],
])("warns with %s", (words, metrics) => {
  expect(found(metrics)).toEqual([{ code: "REWARDS_HARDLY_VARY", message: expect.stringMatching(words) }]);
});

it("a run without rewards has no such finding", () => {
  expect(rewardFindings(withRewards(noRewards, { tokens: 5 }), { isResumed: false })).toEqual([]);
});
