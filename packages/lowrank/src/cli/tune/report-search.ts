// Reports a search: the plan before the first trial, each trial, and a table of all of them.

import { type MetricName, metricFacts } from "../../metric-names.ts";
import {
  type Candidate,
  forWholeRun,
  type Rung,
  rankTrials,
  type Search,
  searchSeconds,
  type Trial,
} from "../../sweep/successive-halving.ts";
import { formatDuration, formatNumber, plural } from "../terminal/format.ts";
import type { Report } from "../terminal/report.ts";
import { formatTable, numberColumns } from "../terminal/table.ts";
import type { Trials } from "./trials.ts";

/** The metric as a loss, which is lower if it is better; the same function converts it back. */
export function asLoss(value: number, by: MetricName): number {
  return metricFacts[by].higherIsBetter ? -value : value;
}

/** Prints the plan, and warns if the time is too short for it. */
export function printPlan(
  rungs: readonly Rung[],
  { search, trials, by }: { readonly search: Search; readonly trials: Trials; readonly by: MetricName },
  report: Report,
): void {
  const { secondsPerStep, secondsPerValidation, fewestSteps } = search;
  const { totalSteps, validation } = trials.training;
  const [seconds, secondsOfTraining] = [searchSeconds(rungs, search), secondsPerStep * totalSteps];
  const [rows, base] = [validation.length, asLoss(search.baseLoss, by)];
  report.emit({ type: "search", by, rows, base, rungs, secondsPerStep, seconds, secondsOfTraining });
  const forSearch = trials.isHeldOutForSearch ? ", held out for the search alone" : "";
  report.print(
    `compared by validation ${metricFacts[by].label} on ${plural(rows, "row")}${forSearch}; the base has ${formatNumber(base)}`,
  );
  const counts = rungs.map((rung) => `${plural(rung.candidates, "candidate")} for ${plural(rung.steps, "step")}`);
  const min = Math.ceil((fewestSteps * secondsPerStep + secondsPerValidation) / 3) / 10; // of two, in minutes
  if (counts.length > 0) report.print(`search: ${counts.join(", then ")}; about ${formatDuration(seconds)}`);
  else
    report.warn({
      code: "SEARCH_TOO_SHORT",
      message: `There is no time to compare two candidates for ${fewestSteps} steps each, so the defaults are trained. Give --minutes ${min} or more.`,
    });
  report.print(
    `training of the best: ${plural(totalSteps, "step")} of ${formatDuration(secondsPerStep)}, about ${formatDuration(secondsOfTraining)} more, without validation`,
  );
}

export function printTrial({ loss, ...trial }: Trial, by: MetricName, report: Report): void {
  const value = asLoss(loss, by);
  report.emit({ type: "trial", ...trial, value });
  const found = Number.isNaN(value) ? "diverged" : `validation ${metricFacts[by].label} ${formatNumber(value)}`;
  report.note(
    `  learning rate ${trial.learningRate}, rank ${trial.rank}: ${found} after ${plural(trial.steps, "step")}`,
  );
}

/** Prints all of them, the best first, and gives the values to train with; undefined if no trial was good. */
export function printRanking(
  trials: readonly Trial[],
  { search, by }: { readonly search: Search; readonly by: MetricName },
  report: Report,
): Candidate | undefined {
  if (trials.length === 0) return undefined;
  const ranked = rankTrials(trials, search);
  const rows = ranked.map(({ learningRate, rank, steps, loss, isDropped }) => {
    const value = Number.isNaN(loss) ? "diverged" : formatNumber(asLoss(loss, by));
    return [...[learningRate, rank, steps].map(String), value, isDropped ? "dropped" : ""];
  });
  const columns = numberColumns("learning rate", "rank", "steps", `validation ${metricFacts[by].label}`);
  for (const line of formatTable([...columns, { heading: "" }], rows)) report.print(line);
  const best = ranked.find(({ isDropped }) => !isDropped);
  const chosen = best && forWholeRun(best, search);
  report.emit({ type: "choice", ...chosen });
  if (best === undefined || chosen === undefined) {
    const message = `Every trial diverged or was worse than the base by validation ${metricFacts[by].label}, so the defaults are trained. Try more --minutes.`;
    report.warn({ code: "SEARCH_FOUND_NOTHING", message });
    return undefined;
  }
  const isTie = ranked.some(({ steps, loss }) => steps === best.steps && loss < best.loss);
  const why = isTie ? " (some are better by less than the noise; this one is closest to the defaults)" : "";
  report.print(`the best: learning rate ${best.learningRate}, rank ${best.rank}${why}`);
  if (chosen.learningRate < best.learningRate)
    report.print(`learning rate ${chosen.learningRate} for the whole run: short trials favour high rates`);
  return chosen;
}
