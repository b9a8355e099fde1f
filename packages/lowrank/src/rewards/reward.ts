// What a completion is worth: a function, or several with weights.

import type { ChatMessage } from "@lowrank/data";

/** A completion to reward. */
export interface RewardInput {
  readonly prompt: string | readonly ChatMessage[];
  readonly completion: string;
  /** The whole row of the data file. */
  readonly row: Readonly<Record<string, unknown>>;
  readonly signal: AbortSignal;
}

/** Rewards a completion with a number, or several by name, which are added up. */
export type Reward = (
  input: RewardInput,
) => number | Readonly<Record<string, number>> | Promise<number | Readonly<Record<string, number>>>;
