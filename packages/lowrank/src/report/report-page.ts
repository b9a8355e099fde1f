// A run as one page of HTML without network and scripts: its settings, its data, its curves.

import { drawChart } from "./draw-chart.ts";
import { htmlPage, htmlTable } from "./html-page.ts";
import { markup } from "./markup.ts";
import { runCurves } from "./run-curves.ts";

/** Names and values. */
export type FactTable = readonly (readonly [name: string, value: string | number])[];

/** The generated texts for one prompt. */
export interface SampleText {
  readonly prompt: string;
  /** The answer in the row. */
  readonly expected: string;
  readonly before: string;
  readonly after: string;
}

/** The contents of the page; an empty list omits its section. */
export interface ReportFacts {
  readonly title: string;
  /** Lines of metrics.jsonl. */
  readonly metrics: readonly string[];
  readonly settings: FactTable;
  readonly data: FactTable;
  readonly environment: FactTable;
  readonly samples?: readonly SampleText[] | undefined;
  /** Warnings about the run. */
  readonly findings?: readonly string[] | undefined;
  /** The recipe that repeats the run, as text. */
  readonly recipe?: string | undefined;
}

/**
 * Creates the page. Rows, names and generated texts are escaped.
 *
 * @example
 * ```ts
 * import { reportPage } from "lowrank";
 *
 * const page = reportPage({
 *   title: "café <b>",
 *   metrics: ['{"step":1,"loss":2.5}', '{"step":2,"loss":1.5}'],
 *   settings: [["rank", 8]],
 *   data: [["rows", 240]],
 *   environment: [],
 * });
 * if (!page.includes("<svg") || page.includes("<b>")) throw new Error("unexpected page");
 * ```
 */
export function reportPage(facts: ReportFacts): string {
  const { title, samples = [], findings = [], recipe } = facts;
  const parts = [
    ...findings.map((finding) => markup`<p><strong>${finding}</strong></p>`),
    ...charts(facts.metrics),
    tablePart("Asked", facts.settings),
    tablePart("Data", facts.data),
    samples.length === 0 ? "" : samplePart(samples),
    recipe === undefined ? "" : markup`<section><h2>Recipe</h2><pre tabindex="0">${recipe}</pre></section>`,
    tablePart("Environment", facts.environment),
  ];
  return htmlPage({ title, parts: parts.filter((part) => part !== "") });
}

function charts(lines: readonly string[]): readonly string[] {
  const { loss, smoothed, learningRate, gradientNorm, metrics, validation, skipped } = runCurves(lines);
  const validationLoss = validation.get("loss") ?? [];
  const figures = [
    ...[...metrics].map(([name, points]) =>
      drawChart({ title: name, series: [{ label: "batch", kind: "plain", points }] }),
    ),
    drawChart({
      title: "Loss",
      series: [
        { label: "training", kind: "plain", points: loss },
        { label: "smoothed", kind: "smooth", points: smoothed },
        { label: "validation", kind: "held", points: validationLoss },
      ],
    }),
    drawChart({ title: "Learning rate", series: [{ label: "learning rate", kind: "smooth", points: learningRate }] }),
    drawChart({ title: "Gradient norm", series: [{ label: "before clipping", kind: "plain", points: gradientNorm }] }),
  ];
  const left =
    skipped.length === 0 ? "" : markup`<p>Steps left out, for a number was not finite: ${skipped.join(", ")}</p>`;
  return [`<section><h2>Curves</h2>${figures.join("\n")}${left}</section>`, validationPart(validation)];
}

/** A row for each validation, a column for each metric. */
function validationPart(validation: ReturnType<typeof runCurves>["validation"]): string {
  const names = [...validation.keys()];
  const steps = [...new Set([...validation.values()].flatMap((points) => points.map(([step]) => step)))];
  if (steps.length === 0) return "";
  const values = new Map([...validation].map(([name, points]) => [name, new Map(points)]));
  const rows = steps.map((step) => [
    step,
    ...names.map((name) => Number(values.get(name)?.get(step)?.toPrecision(5) ?? Number.NaN)),
  ]);
  const cells = rows.map((row) => row.map((value) => (Number.isNaN(value) ? "" : value)));
  return `<section><h2>Validation</h2>${htmlTable(["step", ...names], cells)}</section>`;
}

function tablePart(title: string, table: FactTable): string {
  if (table.length === 0) return "";
  return markup`<section><h2>${title}</h2>${{ html: htmlTable([], table) }}</section>`;
}

function samplePart(samples: readonly SampleText[]): string {
  const articles = samples.map(
    ({ prompt, expected, before, after }) => markup`<article><h3>Prompt</h3><pre>${prompt}</pre>
<h3>In the data</h3><pre>${expected}</pre>
<h3>The base</h3><pre>${before}</pre>
<h3>With the adapter</h3><pre>${after}</pre></article>`,
  );
  return `<section><h2>Samples, greedy</h2>${articles.join("\n")}</section>`;
}
