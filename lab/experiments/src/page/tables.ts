// Tables of kept runs: a row for each method, means of its seeds.

import type { Metrics } from "@lowrank/trainer/internal";
import { methods } from "../methods/methods.ts";
import type { Sweep } from "../training/sweep.ts";
import type { Table } from "./claims/claim.ts";
import { inPercent, isShare, meanAndError, meanText, ratesOf, scoreOf, scoreText } from "./scores.ts";

/** Lines of Markdown. */
export function tableLines({ head, rows }: Table): readonly string[] {
  const line = (cells: readonly (string | number)[]) => `| ${cells.join(" | ")} |`;
  return [line(head), `|${head.map(() => "---|").join("")}`, ...rows.map(line)];
}

/** Every figure that the runs have. */
export function figuresTable(sweep: Sweep, search: Sweep | undefined): Table {
  const figures = [...new Set(sweep.runs.flatMap(({ after }) => Object.keys(after)))];
  const cellsOf = (all: readonly Metrics[]) =>
    figures.map((figure) => {
      const known = all.flatMap((one) => inPercent(sweep, figure, one[figure]) ?? []);
      // Empty if a run lacks the figure.
      return known.length < all.length ? "" : meanText(meanAndError(known), isShare(sweep, figure) ? 1 : 3);
    });
  const rows = methods.flatMap(({ name, label }) => {
    const runs = sweep.runs.filter(({ method }) => method === name);
    const [first] = runs;
    if (first === undefined) return [];
    const trained = first.trainable.toLocaleString("en");
    return [[label, ...cellsOf(runs.map(({ after }) => after)), runs.length, trained, rateText(sweep, search, name)]];
  });
  const untrained = sweep.untrained && ["the model before training", ...cellsOf([sweep.untrained]), "", 0, ""];
  return {
    head: [
      "method",
      ...figures.map((figure) => (isShare(sweep, figure) ? `${figure}, %` : figure)),
      "seeds",
      "parameters trained",
      "learning rate (tried)",
    ],
    rows: [...(untrained === undefined ? [] : [untrained]), ...rows],
  };
}

/** One column for each training of a task, the figure that the task compares by; rates are those of the first. */
export function trainingsTable(sweeps: readonly Sweep[], search: Sweep | undefined, names: readonly string[]): Table {
  const [first] = sweeps;
  const rows = methods.flatMap(({ name, label }) => {
    const scores = sweeps.map((sweep) => scoreOf(sweep, name));
    const known = scores.find((score) => score !== undefined);
    if (first === undefined || known === undefined) return [];
    const cells = scores.map((score) => (score === undefined ? "" : scoreText(score)));
    return [[label, known.trainable.toLocaleString("en"), rateText(first, search, name), ...cells]];
  });
  return { head: ["method", "parameters trained", "learning rate (tried)", ...names], rows };
}

/** "0.002 (0.001 to 0.004)": the rate, and the range of the search on held-out rows; without a search only the rate. */
export function rateText(sweep: Sweep, search: Sweep | undefined, method: string): string {
  const used = ratesOf(sweep.runs.filter((run) => run.method === method));
  const tried = search?.runs.filter((run) => run.method === method).map(({ learningRate }) => learningRate) ?? [];
  return tried.length === 0 ? used : `${used} (${Math.min(...tried)} to ${Math.max(...tried)})`;
}
