// What a search says: what is compared, before the first trial; each trial; all of them in a table.

import { type MetricName, metricFacts } from "../../evaluate/metric-names.ts";
import { type Rung, type Search, searchSeconds, type Trial, tolerance } from "../../sweep/successive-halving.ts";
import { formatDuration, formatNumber } from "../terminal/format.ts";
import type { Report } from "../terminal/report.ts";
import { formatTable, numberColumns } from "../terminal/table.ts";
import type { Trials } from "./trials.ts";

type Planned = Omit<Search, "trial" | "clock"> & Pick<Trials, "training" | "isHeldOutForSearch">;

/** For one search. */
export class SaidSearch {
  readonly #report: Report;
  readonly #by: MetricName;

  constructor(report: Report, by: MetricName) {
    this.#report = report;
    this.#by = by;
  }

  /** The plan, or a warning if there is no time for one. */
  plan(rungs: readonly Rung[], planned: Planned): void {
    const { training, isHeldOutForSearch, secondsPerStep, baseLoss } = planned;
    const report = this.#report;
    const [searched, onTop] = [searchSeconds(rungs, planned), secondsPerStep * training.totalSteps];
    const rows = training.validation.length;
    const facts = { by: this.#by, rows, base: this.#value(baseLoss), rungs, secondsPerStep };
    report.emit({ type: "search", ...facts, seconds: searched, secondsOfTraining: onTop });
    const forSearch = isHeldOutForSearch ? ", held out for the search alone" : "";
    report.say(
      `compared by validation ${this.#label} on ${rows} rows${forSearch}; the base has ${formatNumber(this.#value(baseLoss))}`,
    );
    const counts = rungs.map(({ candidates, steps }) => `${candidates} candidates for ${steps} steps`);
    if (rungs.length > 0) report.say(`search: ${counts.join(", then ")}; about ${formatDuration(searched)}`);
    else report.warn({ code: "SEARCH_TOO_SHORT", message: tooShort(planned) });
    report.say(
      `training of the best: ${training.totalSteps} steps of ${formatDuration(secondsPerStep)}, about ${formatDuration(onTop)} more, without validation`,
    );
  }

  trial({ learningRate, rank, steps, loss, isDropped }: Trial): void {
    const value = this.#value(loss);
    this.#report.emit({ type: "trial", learningRate, rank, steps, value, isDropped });
    const found = Number.isNaN(value) ? "diverged" : `validation ${this.#label} ${formatNumber(value)}`;
    this.#report.note(`  learning rate ${learningRate}, rank ${rank}: ${found} after ${steps} steps`);
  }

  /** The table, the best first, and the best one; undefined if there is none. */
  result(ranked: readonly Trial[]): Trial | undefined {
    const [best] = ranked.filter(({ isDropped }) => !isDropped);
    if (ranked.length === 0) return undefined;
    const rows = ranked.map((trial) => {
      const { learningRate, rank, steps, loss } = trial;
      const value = Number.isNaN(loss) ? "" : formatNumber(this.#value(loss));
      return [...[learningRate, rank, steps].map(String), value, trial === best ? "best" : dropped(trial)];
    });
    const [first, ...numbers] = ["learning rate", "rank", "steps", `validation ${this.#label}`];
    for (const line of formatTable([...numberColumns(first ?? "", ...numbers), { heading: "" }], rows))
      this.#report.say(line);
    const chosen = best && { learningRate: best.learningRate, rank: best.rank, value: this.#value(best.loss) };
    this.#report.emit({ type: "choice", ...chosen });
    if (best !== undefined) {
      const tie = Math.min(...ranked.map(({ steps, loss }) => (steps === best.steps ? loss : best.loss))) < best.loss;
      const why = tie ? `: within ${100 * tolerance} % of the lowest, and nearest to the defaults` : "";
      this.#report.say(`the best: learning rate ${best.learningRate}, rank ${best.rank}${why}`);
    } else {
      const message = `No trial was better than the base by validation ${this.#label}, so the defaults are trained. Try more --minutes.`;
      this.#report.warn({ code: "SEARCH_FOUND_NOTHING", message });
    }
    return best;
  }

  get #label(): string {
    return metricFacts[this.#by].label;
  }

  /** As the metric has it. */
  #value(loss: number): number {
    return metricFacts[this.#by].higherIsBetter ? -loss : loss;
  }
}

function dropped({ loss, isDropped }: Trial): string {
  if (!isDropped) return "";
  return Number.isNaN(loss) ? "diverged" : "worse than the base";
}

function tooShort({ secondsPerStep, secondsPerValidation, fewestSteps: steps }: Planned): string {
  const minutes = (2 * (steps * secondsPerStep + secondsPerValidation)) / 60;
  return (
    `There is no time to compare two candidates for ${steps} steps each, so the defaults are trained. ` +
    `Give --minutes ${Math.ceil(minutes * 10) / 10} or more.`
  );
}
