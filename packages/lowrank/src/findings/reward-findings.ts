// Whether the rewards of a run could teach anything: only completions of one prompt that differ in their reward do.

import { named } from "../errors/named-option.ts";
import { fourDigits } from "../four-digits.ts";
import type { RunFinding } from "./run-findings.ts";

/** Sums over the steps of a run. */
export interface RewardSums {
  readonly steps: number;
  /** Prompts of which completions were written, and those of them whose completions all had the same reward. */
  readonly groups: number;
  readonly equalGroups: number;
  readonly reward: number;
  /** The standard deviations of rewards. */
  readonly rewardStd: number;
}

export const noRewards: RewardSums = { steps: 0, groups: 0, equalGroups: 0, reward: 0, rewardStd: 0 };

/** From this share of equal groups on, most of a run's time taught nothing. */
const mostGroups = 0.8;
/** A standard deviation below this share of the mean reward is hardly a difference. */
const smallSpread = 1e-3;

/** The sums with those of one more step; unchanged by a step without rewards. */
export function withRewards(sums: RewardSums, metrics: Readonly<Record<string, number>> = {}): RewardSums {
  const { groups, equalGroups = 0, reward = 0, rewardStd = 0 } = metrics;
  if (groups === undefined) return sums;
  return {
    steps: sums.steps + 1,
    groups: sums.groups + groups,
    equalGroups: sums.equalGroups + equalGroups,
    reward: sums.reward + reward,
    rewardStd: sums.rewardStd + rewardStd,
  };
}

/** The findings; empty if rewards differ. A resumed run may have learned something before. */
export function rewardFindings(
  sums: RewardSums,
  { isResumed }: { readonly isResumed: boolean },
): readonly RunFinding[] {
  const { steps, groups, equalGroups, reward, rewardStd } = sums;
  if (groups === 0) return [];
  const share = `in ${equalGroups} of ${groups} groups (${((100 * equalGroups) / groups).toFixed(0)} %), all completions of the prompt had the same reward`;
  const remedy = `Use a reward with more values, prompts that the model answers sometimes, a higher ${named("temperature")} or a higher ${named("numGenerations")}.`;
  if (equalGroups === groups) {
    const message = `The ${isResumed ? "steps since the resume taught" : "run learned"} nothing: ${share}. ${remedy}`;
    return [{ code: "REWARDS_ALL_EQUAL", message, ...(isResumed ? {} : { learnedNothing: true }) }];
  }
  if (equalGroups >= mostGroups * groups)
    return [{ code: "REWARDS_HARDLY_VARY", message: `Most of the run taught nothing: ${share}. ${remedy}` }];
  if (rewardStd >= smallSpread * Math.abs(reward)) return [];
  const message = `Rewards hardly vary: ${fourDigits(reward / steps)} ± ${fourDigits(rewardStd / steps)} on average. The adapter may have learned noise. ${remedy}`;
  return [{ code: "REWARDS_HARDLY_VARY", message }];
}
