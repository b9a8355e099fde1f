// A sweep as one page of HTML without network and scripts.

import { type MetricName, metricFacts } from "../metric-names.ts";
import { drawChart } from "../report/draw-chart.ts";
import { htmlPage, htmlTable } from "../report/html-page.ts";
import { describeValues, type SweepRun, valueText } from "./plan-sweep.ts";
import type { RunProgress } from "./run-record.ts";

/** Maximum number of curves that can be distinguished. */
const kinds = ["smooth", "held", "plain"] as const;

/** Creates the page: the best runs' validations as curves, and all runs in a table. Names and values are escaped. */
export function sweepPage(ranked: RankedRuns, title: string): string {
  const parts = [chartOf(ranked), tableOf(ranked)];
  return htmlPage({ title, parts: parts.filter((part) => part !== ""), writer: "lowrank sweep" });
}

function chartOf({ runs, by }: RankedRuns): string {
  const { label } = metricFacts[by];
  const series = kinds.flatMap((kind, position) => {
    const { progress, run } = runs[position] ?? {};
    if (run === undefined || progress?.state !== "complete") return [];
    const points = progress.validation.map((metrics) => [metrics.step, metrics[by] ?? Number.NaN] as const);
    return [{ label: describeValues(run.values), kind, points }];
  });
  return drawChart({ title: `Validation ${label} of the best runs`, series });
}

function tableOf(ranked: RankedRuns): string {
  const { heads, rows } = rankedTable(ranked, (value) => String(Number(value.toPrecision(5))));
  const named = rows.map(([index = "", ...cells], position) => {
    const ranking = ranked.runs[position];
    return [`${index}${ranking === ranked.best ? " (best)" : ""}`, ...cells, ranking?.progress.state ?? ""];
  });
  return `<section><h2>Runs</h2>${htmlTable([...heads, "state"], named)}</section>`;
}

/** A row for each run: its number, its values, and its result, as `shown`. */
export function rankedTable({ runs, by }: RankedRuns, shown: (value: number) => string) {
  const names = Object.keys(runs[0]?.run.values ?? {});
  const heads = ["run", ...names, "steps", "loss", `validation ${metricFacts[by].label}`];
  const rows = runs.map(({ run, progress, value }) => {
    const { steps, loss } = progress.state === "complete" ? progress : {};
    const numbers = [loss, value].map((number) => (number === undefined ? "" : shown(number)));
    return [String(run.index), ...Object.values(run.values).map(valueText), String(steps ?? ""), ...numbers];
  });
  return { heads, rows };
}

export interface RankedRun {
  readonly run: SweepRun;
  readonly progress: RunProgress;
  /** Metrics of the adapter in its folder; undefined if the run is not finished, or without metrics. */
  readonly value: number | undefined;
}

export interface RankedRuns {
  readonly by: MetricName;
  /** The best first; runs without a result in planned order. */
  readonly runs: readonly RankedRun[];
  readonly best: RankedRun | undefined;
}

export function rankRuns(runs: readonly Omit<RankedRun, "value">[], by: MetricName): RankedRuns {
  const sign = metricFacts[by].higherIsBetter ? -1 : 1;
  const rated = runs.map((run) => ({ ...run, value: keptValue(run.progress, by) }));
  const worth = ({ value }: RankedRun) => (value === undefined ? Number.POSITIVE_INFINITY : sign * value);
  const sorted = [...rated].sort((one, other) => (worth(one) === worth(other) ? 0 : worth(one) - worth(other)));
  const [first] = sorted;
  return { by, runs: sorted, best: first?.value === undefined ? undefined : first };
}

/** Metrics of the best validation, whose adapter a run keeps; of the last one if none was better than before the first step. */
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
