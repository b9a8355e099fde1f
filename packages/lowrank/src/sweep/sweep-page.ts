// A sweep as one page of HTML that needs no network and no script.

import { metricFacts } from "../metric-names.ts";
import { drawChart } from "../report/draw-chart.ts";
import { htmlPage } from "../report/html-page.ts";
import { markup } from "../report/markup.ts";
import { describeValues, valueText } from "./plan-sweep.ts";
import type { RankedRun, RankedRuns } from "./rank-runs.ts";

/** The curves of more would not be told apart. */
const kinds = ["smooth", "held", "plain"] as const;

/** The page: the best runs' validations as curves, and all runs in a table. Names and values are shown as text. */
export function sweepPage(ranked: RankedRuns, title: string): string {
  const parts = [chartOf(ranked), tableOf(ranked)];
  return htmlPage({ title, parts: parts.filter((part) => part !== ""), writer: "lowrank sweep" });
}

function chartOf({ runs, by }: RankedRuns): string {
  const { label } = metricFacts[by];
  const series = kinds.flatMap((kind, place) => {
    const { progress, run } = runs[place] ?? {};
    if (run === undefined || progress?.state !== "complete") return [];
    const points = progress.validation.map((metrics) => [metrics.step, metrics[by] ?? Number.NaN] as const);
    return [{ label: describeValues(run.values), kind, points }];
  });
  return drawChart({ title: `Validation ${label} of the best runs`, series });
}

function tableOf({ runs, by, best }: RankedRuns): string {
  const names = Object.keys(runs[0]?.run.values ?? {});
  const heads = ["run", ...names, "steps", "loss", `validation ${metricFacts[by].label}`, "state"];
  const head = heads.map((name) => markup`<th scope="col">${name}</th>`).join("");
  const rows = runs.map((one) => {
    const cells = cellsOf(one).map((cell) => markup`<td>${cell}</td>`);
    return markup`<tr><th scope="row">${one.run.index}${one === best ? " (best)" : ""}</th>${{ html: cells.join("") }}</tr>`;
  });
  return `<section><h2>Runs</h2><div class="wide" tabindex="0"><table><thead><tr>${head}</tr></thead><tbody>${rows.join("\n")}</tbody></table></div></section>`;
}

/** Cells behind a run's number. */
function cellsOf({ run, progress, value }: RankedRun): readonly string[] {
  const isOver = progress.state === "complete";
  const number = (one: number | undefined) => (one === undefined ? "" : String(Number(one.toPrecision(5))));
  return [
    ...Object.values(run.values).map(valueText),
    isOver ? String(progress.steps) : "",
    isOver ? number(progress.loss) : "",
    number(value),
    progress.state,
  ];
}
