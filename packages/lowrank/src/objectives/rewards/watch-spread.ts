// Warns of rewards from which nothing is learned.

import type { WarningListener } from "@lowrank/contracts";
import { named } from "../../errors/named-option.ts";
import type { PolicyRecord } from "./policy-batch.ts";

/** Steps in a row without a difference between rewards before the warning. */
const patience = 5;

/** Warns once if all completions of each prompt have the same reward for several steps. */
export function watchSpread(onWarning: WarningListener | undefined) {
  let steps = 0;
  return {
    add(records: readonly PolicyRecord[]) {
      steps = records.every(({ completions }) => completions.every(({ advantage }) => advantage === 0)) ? steps + 1 : 0;
      if (steps !== patience) return;
      const message =
        `For ${patience} steps, all completions of each prompt had the same reward, so the adapter learned nothing. ` +
        `Use a reward with more than two values, other prompts, a higher ${named("temperature")} or a higher ${named("numGenerations")}.`;
      onWarning?.({ code: "REWARD_WITHOUT_SPREAD", message });
    },
  };
}
