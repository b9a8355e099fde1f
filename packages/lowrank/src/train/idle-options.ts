// Options of a run that would do nothing there: refused rather than passed over, for whoever sets one expects something of it.

import type { LabelMeaning } from "@lowrank/data";
import type { PretrainedModel } from "@lowrank/models";
import { TrainingOptionsError } from "@lowrank/trainer";
import type { TrainingRows } from "../objectives/training-rows.ts";
import type { AskedRun } from "../options/acts-on.ts";
import { givenRows } from "../options/all-options.ts";

/** The facts of a run that is about to be prepared. */
export function askedRun(
  { task }: Pick<PretrainedModel, "task">,
  { objective, train, validation, preferences }: TrainingRows,
  { labels, config }: { readonly labels: LabelMeaning } & Pick<AskedRun, "config">,
): AskedRun {
  const [kind, hasValidation] = [train.at(0)?.kind, validation.length > 0];
  return { objective, task, kind, problem: labels.problem, areChosen: preferences > 0, hasValidation, config };
}

/** Throws a TrainingOptionsError that names every option which would do nothing in this run; 0 asks for nothing. */
export function refuseIdleOptions(run: AskedRun, options: object): void {
  const given = Object.fromEntries(Object.entries(options));
  const idle = givenRows(options).flatMap(([name, value, { actsOn = [] }]) => {
    const rules = [actsOn].flat().filter(({ acts }) => value !== 0 && !acts(run, given));
    return rules.map(({ isFor }) => `${name}: does nothing here, it is for ${isFor}`);
  });
  if (idle.length > 0) throw new TrainingOptionsError(idle);
}
