// The results of a sweep's runs as a table, JSON, and a page.

import { dirname, join } from "node:path";
import { writeFileAtomic } from "@lowrank/safetensors/node";
import { type MetricName, metricFacts } from "../../metric-names.ts";
import { describeValues, valueText } from "../../sweep/plan-sweep.ts";
import { type RankedRun, type RankedRuns, rankedTable, rankRuns, sweepPage } from "../../sweep/sweep-page.ts";
import { formatNumber } from "../terminal/format.ts";
import type { Report } from "../terminal/report.ts";
import { formatTable, numberColumns } from "../terminal/table.ts";

type FoundRuns = readonly Omit<RankedRun, "value">[];

interface Gathering {
  readonly by: MetricName;
  readonly file: string;
}

export const unranked =
  "The runs cannot be ranked: no rows are held out to compare them by. Give the recipe a validation or a validationShare.";

export function printPlan(runs: FoundRuns, report: Report): void {
  report.emit({ type: "plan", runs: runs.map(factsOf) });
  const names = Object.keys(runs[0]?.run.values ?? {});
  const rows = runs.map(({ run, progress }) => [
    ...[String(run.index), ...Object.values(run.values).map(valueText)],
    ...[progress.state, run.out],
  ]);
  const columns = [...numberColumns("run", ...names), { heading: "state" }, { heading: "folder" }];
  for (const line of formatTable(columns, rows)) report.print(line);
}

export async function gatherRuns(runs: FoundRuns, { by, file }: Gathering, report: Report): Promise<void> {
  const ranked = rankRuns(runs, by);
  const page = join(dirname(runs[0]?.run.out ?? ""), "report.html");
  await writeFileAtomic(page, sweepPage(ranked, `A sweep of ${file}`), { overwrite: true });
  const { best } = ranked;
  report.emit({
    type: "result",
    by,
    runs: ranked.runs.map(factsOf),
    ...(best && { best: best.run.index }),
    report: page,
  });
  for (const line of tableOf(ranked)) report.print(line);
  report.print(best === undefined ? adviceOf(ranked) : wordsOf(best, by));
  report.print(`all runs on one page: ${page}`);
}

function factsOf({ run: { index, values, out }, progress }: Omit<RankedRun, "value">) {
  return { index, values, out, ...progress };
}

function tableOf(ranked: RankedRuns): readonly string[] {
  const { heads, rows } = rankedTable(ranked, formatNumber);
  const states = ranked.runs.map(({ progress: { state } }) => (state === "complete" ? "" : state));
  return formatTable(
    numberColumns("run", ...heads.slice(1)).concat({ heading: "" }),
    rows.map((row, position) => [...row, states[position] ?? ""]),
  );
}

function wordsOf({ run, value = Number.NaN }: RankedRun, by: MetricName): string {
  const { label } = metricFacts[by];
  return `the best by validation ${label}, ${formatNumber(value)}: run ${run.index} (${describeValues(run.values)}), in ${run.out}`;
}

function adviceOf({ runs, by }: RankedRuns): string {
  const measured = new Set(
    runs.flatMap(({ progress }) =>
      progress.state === "complete" ? Object.keys(progress.validation.at(-1) ?? {}) : [],
    ),
  );
  measured.delete("step");
  if (measured.size > 0) return `none is the best: no validation measured ${by}, but ${[...measured].join(", ")}`;
  const isOver = runs.some(({ progress }) => progress.state === "complete");
  return isOver ? unranked : "none is the best: no run is complete";
}
