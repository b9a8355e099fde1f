// The runs of a sweep from the best to the worst.

import { type MetricName, metricFacts } from "../evaluate/metric-names.ts";
import type { SweepRun } from "./plan-sweep.ts";
import type { RunProgress } from "./run-record.ts";

/** A run, how far it is, and its number. */
export interface RankedRun {
  readonly run: SweepRun;
  readonly progress: RunProgress;
  /** What the last validation measured, of the adapter that is in its folder; undefined where it is not over, or nothing was. */
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
  const rated = runs.map((one) => ({ ...one, value: lastOf(one.progress, by) }));
  const worth = ({ value }: RankedRun) => (value === undefined ? Number.POSITIVE_INFINITY : sign * value);
  const sorted = [...rated].sort((one, other) => (worth(one) === worth(other) ? 0 : worth(one) - worth(other)));
  const [first] = sorted;
  return { by, runs: sorted, best: first?.value === undefined ? undefined : first };
}

function lastOf(progress: RunProgress, by: MetricName): number | undefined {
  const value = progress.state === "complete" ? progress.validation.at(-1)?.[by] : undefined;
  return value !== undefined && Number.isFinite(value) ? value : undefined;
}
