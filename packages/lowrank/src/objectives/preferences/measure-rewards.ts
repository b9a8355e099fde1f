// What an adapter makes of answers that people judged: how often the better one is worth more to it than to the base, and by how much.

import { selectedNames } from "@lowrank/contracts";
import type { Example, RowList } from "@lowrank/data";
import type { Notices } from "../../notices.ts";
import type { OpenedBase } from "../../open/open-base.ts";
import { measuredBatches } from "../../rows/measured-batches.ts";
import { type TokenizeAllOptions, tokenizeRows } from "../../rows/tokens/tokenize-rows.ts";
import { rowsWhere } from "./chosen-answers.ts";
import { type PreferenceOptions, preferencePlan } from "./preference-plan.ts";
import { measurePreferences, type PreferenceScores } from "./preference-step.ts";

/** How. */
export interface RewardOptions extends TokenizeAllOptions {
  readonly batchSize: number;
  readonly padId: number;
  readonly loss: PreferenceOptions["loss"];
}

/** Nothing where no row says which answer is better or whether one is good, or no adapter acts: the base is worth nothing more than itself. */
export async function measureRewards(
  { model, context }: OpenedBase,
  rows: RowList<Example>,
  { batchSize, padId, loss, ...how }: RewardOptions,
  notices: Notices,
): Promise<Partial<PreferenceScores>> {
  const goal = rows.some(({ kind }) => kind === "judged") ? "judged" : "preference";
  const pairs = rowsWhere(rows, ({ kind }) => kind === goal);
  if (pairs.length === 0 || model.task !== "causal-lm" || selectedNames(context.adapters).length === 0) return {};
  const plan = preferencePlan({ loss: loss === "answers" ? undefined : loss }, goal);
  const data = { examples: tokenizeRows(pairs, how, notices), batchSize, padId };
  const { loss: _, ...scores } = await measurePreferences(model, measuredBatches(data), { plan, padId, context });
  return scores;
}
