// Settings of learning from rewards, with TRL's names and defaults (GRPOConfig, RLOOConfig).

import type { Given } from "../../options/option-table.ts";
import type { rewardOptions } from "../../options/reward-options.ts";
import type { RewardChoice } from "../../rewards/reward.ts";

/** Options of learning from rewards; docs/options.md lists them. */
export interface RewardOptions extends Given<Omit<typeof rewardOptions.rows, "reward" | "rewardWeights">> {
  /** Judges each completion: a function, or several with weights. */
  readonly reward?: RewardChoice | undefined;
  /** Weight of the KL penalty to the base; default 0. */
  readonly beta?: number | undefined;
}
