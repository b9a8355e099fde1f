// What an adapter makes of answers that people judged: how often the better one is worth more to it than to the base, and by how much.

import { selectedNames } from "@lowrank/contracts";
import type { Example, RowList } from "@lowrank/data";
import type { OpenedBase } from "../../open/open-base.ts";
import { tokenizeRows } from "../../rows/tokens/tokenize-rows.ts";
import type { EvaluationRequest, ExtraScores } from "../objective.ts";
import { type LearntAnswers, preferencePlan } from "./learn-preferences.ts";

/** Nothing where no adapter acts: the base is worth nothing more than itself. */
export async function measureRewards(
  { model, context }: OpenedBase,
  rows: RowList<Example>,
  { loss, batchSize, padId, notices, ...how }: EvaluationRequest & LearntAnswers,
): Promise<ExtraScores> {
  if (model.task !== "causal-lm" || selectedNames(context.adapters).length === 0) return {};
  const plan = preferencePlan({ loss: loss === "answers" ? undefined : loss }, how);
  const data = { examples: tokenizeRows(rows, how, notices), batchSize, padId };
  const { loss: _, ...scores } = await plan.measure(model, data, { context });
  return scores;
}
