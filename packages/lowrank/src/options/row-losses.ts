// The names of losses, of which each is for rows of one kind.

import {
  type ComparisonLoss,
  comparisonLosses,
  type PreferenceLossName,
  preferenceLosses,
} from "@lowrank/models/internal";
import { trainingOptionsError } from "@lowrank/trainer/internal";

/** A loss for rows of texts to compare or of judged answers; "answers" trains the better answers alone, as text. */
export type RowLoss = ComparisonLoss | PreferenceLossName | "answers";

const allNames = Object.keys(preferenceLosses) as readonly PreferenceLossName[];

/** Losses of language models. */
export const preferenceLossNames = allNames.filter((name) => !("hasScores" in preferenceLosses[name]));

export const rowLosses: readonly RowLoss[] = [...comparisonLosses, ...allNames, "answers"];

/** The loss if it is one of these. Throws TRAINING_OPTIONS for another. */
export function lossAmong<Name extends RowLoss>(
  names: readonly Name[],
  loss: string | undefined,
  rows: string,
): Name | undefined {
  const found = names.find((name) => name === loss);
  if (loss === undefined || found !== undefined) return found;
  throw trainingOptionsError([`loss: got "${loss}"; for rows with ${rows} it is one of ${names.join(", ")}`]);
}
