// Settings of learning from rewards, with TRL's names and defaults (GRPOConfig, RLOOConfig).

import { trainingOptionsError } from "@lowrank/trainer/internal";
import { omitUndefined } from "../../omit-undefined.ts";
import type { OptionValues } from "../../options/option-table.ts";
import { rewardOptions } from "../../options/reward-options.ts";
import type { Rewards } from "../../rewards/reward.ts";

/** Options of learning from rewards; docs/options.md lists them. */
export interface RewardOptions extends OptionValues<Omit<typeof rewardOptions.rows, "reward" | "rewardWeights">> {
  /** Judges each completion: a function, or several with weights. */
  readonly reward?: Rewards | undefined;
  /** Weight of the KL penalty to the base; default 0. */
  readonly beta?: number | undefined;
}

export type RewardSettings = ReturnType<typeof rewardSettings>;

/** TRL's default of `numGenerations`. */
export const usualGenerations = 8;

/** The settings with all defaults. Throws TRAINING_OPTIONS without a reward. */
export function rewardSettings({ reward, ...options }: RewardOptions) {
  const objective = options.objective === "rloo" ? ("rloo" as const) : ("grpo" as const);
  if (reward === undefined) {
    const example = "({ completion }) => completion.length";
    throw trainingOptionsError([`reward: missing; objective ${objective} needs a function such as ${example}`]);
  }
  const { epsilon = 0.2, lossType = "dapo", ...others } = omitUndefined(options);
  return {
    reward,
    epsilon,
    epsilonHigh: epsilon,
    numGenerations: usualGenerations,
    maxCompletionLength: 256,
    temperature: 1,
    topP: 1,
    beta: 0,
    numIterations: 1,
    scaleRewards: "group" as const,
    maskTruncatedCompletions: false,
    rewardTimeout: 60,
    rewardConcurrency: 16,
    ...others,
    objective,
    lossType: objective === "rloo" ? ("rloo" as const) : lossType,
  };
}

/** Throws TRAINING_OPTIONS for options that the objective does not read. */
export function refuseOthers(options: RewardOptions, names: readonly string[]): void {
  const { objective = "grpo" } = options;
  const others = Object.keys(omitUndefined(options)).filter((name) => names.includes(name));
  if (others.length === 0) return;
  throw trainingOptionsError(others.map((name) => `${name}: has no effect with objective ${objective}; remove it`));
}

/** Options that a resumed run may change. */
const mayChange = new Set(["reward", "rewardTimeout", "rewardConcurrency", "logCompletions"]);

/** "grpo, dapo, numGenerations 8, …": all that changes the result, for the fingerprint and the model card. */
export function settingsInWords({ objective, lossType, ...settings }: RewardSettings): string {
  // The options of a run have others, too, of which a resumed run may change some.
  const isLearned = (name: string) =>
    name === "beta" || (Object.hasOwn(rewardOptions.rows, name) && !mayChange.has(name));
  const learnedSettings = Object.entries(settings).filter(([name]) => isLearned(name));
  const words = learnedSettings.map(([name, value]) => `${name} ${value}`);
  return [...new Set([objective, lossType]), ...words].join(", ");
}
