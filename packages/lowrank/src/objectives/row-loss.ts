// The names of losses, of which each is for rows of one kind.

import { type ComparisonLoss, comparisonLosses, type PreferenceLossName, preferenceLossNames } from "@lowrank/models";
import { TrainingOptionsError } from "@lowrank/trainer";
import type { RowGoal } from "./row-kinds.ts";

/** A loss for rows of texts to compare or of two answers; "answers" trains the better answers alone, as text. */
export type RowLoss = ComparisonLoss | PreferenceLossName | "answers";

/** All of them. */
export const rowLosses: readonly RowLoss[] = [...comparisonLosses, ...preferenceLossNames, "answers"];

/** The loss if it is one for texts to compare. Throws TrainingOptionsError for another. */
export function comparisonLossOf(loss: RowLoss | undefined): ComparisonLoss | undefined {
  const found = comparisonLosses.find((name) => name === loss);
  if (loss !== undefined && found === undefined) throw otherLoss(loss, "comparison", comparisonLosses);
  return found;
}

/** The loss if it is one for answers that people judged. Throws TrainingOptionsError for another. */
export function preferenceLossOf(
  loss: RowLoss | undefined,
  goal: "preference" | "judged",
): PreferenceLossName | undefined {
  const names = goal === "preference" ? preferenceLossNames : (["kto"] as const);
  const found = names.find((name) => name === loss);
  if (loss !== undefined && found === undefined) throw otherLoss(loss, goal, names);
  return found;
}

const rowsOf: Partial<Readonly<Record<RowGoal, string>>> = {
  comparison: "texts to be compared",
  preference: "two answers",
  judged: "single answers, good or bad,",
};

function otherLoss(loss: RowLoss, goal: RowGoal, names: readonly RowLoss[]): TrainingOptionsError {
  const rows = rowsOf[goal];
  return new TrainingOptionsError([`loss: got "${loss}"; for rows of ${rows} it is one of ${names.join(", ")}`]);
}
