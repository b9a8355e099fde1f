// Rewards → advantages: how much better a completion is than the others of its prompt.

import { modelInputError } from "../errors.ts";

/** How rewards become advantages. */
export interface AdvantageOptions {
  /** Completions of each prompt, at least 2; those of one prompt are neighbours. */
  readonly groupSize: number;
  /** Whether an advantage is divided by the standard deviation of its group or of the batch; "rloo" never divides. */
  readonly scaleRewards: "group" | "batch" | "none";
  /** Compares with the mean of the group ("grpo") or of the group's other completions ("rloo"). */
  readonly estimator: "grpo" | "rloo";
}

/** Advantages, and groups that teach nothing. */
export interface GroupAdvantages {
  /** [completions] */
  readonly advantages: Float32Array;
  /** Groups whose rewards are all equal: their advantages are 0. */
  readonly equalGroups: number;
  /** The mean of the groups' standard deviations. */
  readonly spread: number;
}

/** TRL's, which keeps advantages of almost equal rewards finite. */
const smallest = 1e-4;

/**
 * The advantage of each completion, as TRL's GRPOTrainer and RLOOTrainer compute it.
 *
 * @throws MODEL_INPUT for rewards that are no finite numbers or do not fill groups.
 */
export function groupAdvantages(
  rewards: readonly number[],
  { groupSize, scaleRewards, estimator }: AdvantageOptions,
): GroupAdvantages {
  if (!(groupSize >= 2 && rewards.length % groupSize === 0))
    throw modelInputError("rewards", `${rewards.length} are no groups of ${groupSize}; a group has 2 or more`);
  const wrong = rewards.findIndex((reward) => !Number.isFinite(reward));
  if (wrong >= 0) throw modelInputError("rewards", `reward ${wrong} is ${rewards[wrong]}, not a finite number`);
  const groups = Array.from({ length: rewards.length / groupSize }, (_, group) =>
    rewards.slice(group * groupSize, (group + 1) * groupSize),
  );
  const isEqual = (group: readonly number[]) => group.every((reward) => reward === group[0]);
  const ofBatch = deviation(rewards);
  const advantages = groups.flatMap((group) => {
    if (isEqual(group)) return group.map(() => 0); // a mean that is rounded would leave a rest
    const mean = meanOf(group);
    // r − (Σ − r)/(n − 1) = (r − mean)·n/(n − 1)
    if (estimator === "rloo") return group.map((reward) => ((reward - mean) * groupSize) / (groupSize - 1));
    const scales = { group: deviation(group) + smallest, batch: ofBatch + smallest, none: 1 };
    return group.map((reward) => (reward - mean) / scales[scaleRewards]);
  });
  const spread = meanOf(groups.map(deviation));
  return { advantages: Float32Array.from(advantages), equalGroups: groups.filter(isEqual).length, spread };
}

function meanOf(values: readonly number[]): number {
  return values.reduce((sum, value) => sum + value, 0) / values.length;
}

/** The sample's standard deviation. */
function deviation(values: readonly number[]): number {
  const mean = meanOf(values);
  return Math.sqrt(values.reduce((sum, value) => sum + (value - mean) ** 2, 0) / (values.length - 1));
}
