// The names of losses, of which each is for rows of one kind.

import { type ComparisonLoss, comparisonLosses, type PreferenceLossName, preferenceLossNames } from "@lowrank/models";
import { TrainingOptionsError } from "@lowrank/trainer";
import type { RowGoal } from "./rows/row-kinds.ts";

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

/** The loss if it is one for pairs of answers. Throws TrainingOptionsError for another. */
export function preferenceLossOf(loss: RowLoss | undefined): PreferenceLossName | undefined {
  const found = preferenceLossNames.find((name) => name === loss);
  if (loss !== undefined && found === undefined) throw otherLoss(loss, "preference", preferenceLossNames);
  return found;
}

function otherLoss(loss: RowLoss, goal: RowGoal, names: readonly RowLoss[]): TrainingOptionsError {
  const rows = goal === "comparison" ? "texts to be compared" : "two answers";
  return new TrainingOptionsError([`loss: got "${loss}"; for rows of ${rows} it is one of ${names.join(", ")}`]);
}
