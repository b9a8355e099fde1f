// The runs of a sweep from the best to the worst.

import { type MetricName, metricFacts } from "../metric-names.ts";
import type { SweepRun } from "./plan-sweep.ts";
import type { RunProgress } from "./run-record.ts";

/** A run, how far it is, and its number. */
export interface RankedRun {
  readonly run: SweepRun;
  readonly progress: RunProgress;
  /** What was measured of the adapter that is in its folder; undefined where the run is not over, or nothing was. */
  readonly value: number | undefined;
}

/** The runs of a sweep. */
export interface RankedRuns {
  /** By what they are compared. */
  readonly by: MetricName;
  /** The best first; those without a number as they were planned. */
  readonly runs: readonly RankedRun[];
  readonly best: RankedRun | undefined;
}

/** Compares by one metric. */
export function rankRuns(runs: readonly Omit<RankedRun, "value">[], by: MetricName): RankedRuns {
  const sign = metricFacts[by].higherIsBetter ? -1 : 1;
  const rated = runs.map((one) => ({ ...one, value: keptValue(one.progress, by) }));
  const worth = ({ value }: RankedRun) => (value === undefined ? Number.POSITIVE_INFINITY : sign * value);
  const sorted = [...rated].sort((one, other) => (worth(one) === worth(other) ? 0 : worth(one) - worth(other)));
  const [first] = sorted;
  return { by, runs: sorted, best: first?.value === undefined ? undefined : first };
}

/** Of the best validation, whose adapter a run keeps; of the last one where none was better than that before the first step. */
function keptValue(progress: RunProgress, by: MetricName): number | undefined {
  if (progress.state !== "complete") return undefined;
  const { bestBy = by } = progress;
  const sign = metricFacts[bestBy].higherIsBetter ? -1 : 1;
  const measured = progress.validation.flatMap((metrics) => {
    const [value, judged] = [metrics[by], metrics[bestBy]];
    return Number.isFinite(value) && Number.isFinite(judged)
      ? [{ step: metrics.step, value, worth: sign * Number(judged) }]
      : [];
  });
  const [best] = [...measured].sort((one, other) => one.worth - other.worth);
  return best?.step === 0 ? measured.at(-1)?.value : best?.value;
}
