// Rewards: functions that score completions.

import type { ChatMessage } from "@lowrank/data";

/** A completion to judge. */
export interface RewardInput {
  /** The text before the completion, or the messages of the conversation. */
  readonly prompt: string | readonly ChatMessage[];
  readonly completion: string;
  /** The whole row of the data file, with all its fields. */
  readonly row: Readonly<Record<string, unknown>>;
  /** Aborts at the time limit, and when the run stops. Pass it on, for example to `fetch`. */
  readonly signal: AbortSignal;
}

/** The result of a reward; higher is better. A finite number, or finite numbers by name, which are added. */
type RewardValue = number | Readonly<Record<string, number>>;

/** Scores a completion. It should give the same value for the same input: a resumed run may call it again. */
export type Reward = (input: RewardInput) => RewardValue | Promise<RewardValue>;

/** One of several rewards. */
interface WeightedReward {
  readonly reward: Reward;
  /** Factor in the sum; default 1. */
  readonly weight?: number | undefined;
  /** Its name in metrics and messages; default: the name of the function. */
  readonly name?: string | undefined;
}

/** One reward, or several with weights. */
export type Rewards = Reward | readonly WeightedReward[];

/** The rewards with their weights and names. A name that occurs again gets a number. */
export function weightedRewards(choice: Rewards) {
  const all: readonly WeightedReward[] = typeof choice === "function" ? [{ reward: choice }] : choice;
  const taken = new Set<string>();
  return all.map(({ reward, weight = 1, name: given }) => {
    const plain = given ?? (reward.name || "reward");
    let name = plain;
    for (let number = 2; taken.has(name); number += 1) name = `${plain} ${number}`;
    taken.add(name);
    return { reward, weight, name };
  });
}
