// The page about speed and memory, made from kept results alone.

import type { Profile } from "../profile/profile-benchmark.ts";
import type { ComparedTimes, Result } from "../result.ts";
import { jobSection, shortenedNote } from "./job-tables.ts";
import { profileSection } from "./profile-tables.ts";
import type { RatioBar } from "./ratio-chart.ts";
import { scalingSection } from "./scaling-tables.ts";

const notYet = "not measured yet";

/** What the page wants to know of a benchmark's row or a job's. */
export interface Row {
  readonly name: string;
  readonly work: string;
  readonly sides: Readonly<Record<string, { readonly by: string }>>;
  readonly comparisons: readonly { readonly label: string; readonly timeTarget?: number }[];
  readonly memoryTarget?: number;
  readonly tensorTarget?: number;
  readonly productTarget?: number;
  readonly stateTarget?: number;
  readonly peerKeepsCopy?: boolean;
  readonly missing?: string;
}

/** docs/benchmarks.md. Rows come in the order of the benchmarks; what has no result says so. */
export function benchmarkPage(
  benchmarks: readonly Row[],
  results: ReadonlyMap<string, Result>,
  profiles: readonly Profile[] = [],
): string {
  return [
    "# Speed and memory",
    "",
    "<!-- Made by `npm run bench:page` from benchmarks/results; edit that program instead of this page. -->",
    "",
    "Every ratio is ours to the peer's, both measured in turns in one run: below 1 is faster, or smaller. How it is done, and",
    "what exactly is counted, stands in [benchmarks/README.md](../benchmarks/README.md). To measure again:",
    "`npm run bench -- all`, then `npm run bench:page`.",
    "",
    "![Time](benchmarks/time.svg)",
    "",
    "![Peak memory](benchmarks/memory.svg)",
    "",
    "## Time",
    "",
    "| work | peer | ours, ms | peer, ms | ratio | aim |",
    "| --- | --- | --- | --- | --- | --- |",
    ...benchmarks.flatMap((benchmark) => timeRows(benchmark, results.get(benchmark.name))),
    "",
    "## Memory",
    "",
    "Peak resident memory of the whole process, in MB.",
    "",
    "| benchmark | ours | peer | ratio | aim |",
    "| --- | --- | --- | --- | --- |",
    ...benchmarks.filter(hasPeer).map((benchmark) => memoryRow(benchmark, results.get(benchmark.name))),
    "",
    ...furtherFigures(benchmarks, results),
    ...scalingSection(results.get("distributed")),
    ...jobSection([...results.values()]),
    ...profileSection(profiles),
    "## Where and when",
    "",
    ...machines([...results.values()]),
    "",
  ].join("\n");
}

/** One bar for each comparison of times. */
export function timeBars(benchmarks: readonly Row[], results: ReadonlyMap<string, Result>): readonly RatioBar[] {
  return benchmarks.flatMap(({ name, comparisons }) =>
    comparisons.map(({ label, timeTarget }, index) => ({
      label: comparisons.length > 1 ? `${name}, ${label}` : name,
      ...optional("ratio", partsOf(results.get(name))[index]?.ratio),
      ...optional("target", timeTarget),
    })),
  );
}

/** One bar for each benchmark of two processes. */
export function memoryBars(benchmarks: readonly Row[], results: ReadonlyMap<string, Result>): readonly RatioBar[] {
  return benchmarks.filter(hasPeer).map(({ name, memoryTarget }) => ({
    label: name,
    ...optional("ratio", results.get(name)?.rssRatio),
    ...optional("target", memoryTarget),
  }));
}

function timeRows({ name, work, comparisons, sides, missing }: Row, result: Result | undefined): string[] {
  const peer = (sides.peer ?? sides.ours)?.by ?? "";
  return comparisons.map(({ label, timeTarget }, index) => {
    const part = partsOf(result)[index];
    const what = comparisons.length > 1 ? `${work} – ${label}` : work;
    const aim = timeTarget === undefined ? "–" : `≤ ${timeTarget}`;
    const cells = [`\`${name}\`: ${what}${shortenedNote(result)}`, peer === "lowrank" ? "ourselves" : peer];
    if (part === undefined) return tableRow([...cells, missing ?? notYet, "", "", aim]);
    return tableRow([...cells, digits(part.oursMs), digits(part.peerMs), part.ratio.toFixed(2), aim]);
  });
}

function memoryRow({ name, memoryTarget }: Row, result: Result | undefined): string {
  const aim = memoryTarget === undefined ? "–" : `≤ ${memoryTarget}`;
  if (result === undefined) return tableRow([`\`${name}\``, notYet, "", "", aim]);
  const ratio = result.rssRatio.toFixed(2);
  return tableRow([
    `\`${name}\`${shortenedNote(result)}`,
    digits(result.oursRssMb),
    digits(result.peerRssMb),
    ratio,
    aim,
  ]);
}

function furtherFigures(benchmarks: readonly Row[], results: ReadonlyMap<string, Result>): readonly string[] {
  const lines = benchmarks.flatMap(
    ({ name, tensorTarget, productTarget, stateTarget, memoryTarget, peerKeepsCopy }) => {
      const result = results.get(name);
      const told = (text: string | undefined, aim: string) => `- \`${name}\`: ${text ?? notYet} (aim: ${aim}).`;
      return [
        ...(tensorTarget === undefined ? [] : [told(result && tensorText(result), `at most ${tensorTarget}`)]),
        ...(productTarget === undefined ? [] : [told(result && productText(result), `at least ${productTarget}`)]),
        ...(peerKeepsCopy === true ? [told(result && copyText(result), `at most ${memoryTarget}`)] : []),
        ...(stateTarget === undefined ? [] : [told(result && stateText(result), `at most ${stateTarget * 100} %`)]),
      ];
    },
  );
  return ["## Further figures", "", ...lines, ""];
}

function tensorText({ oursTensorMb = 0, peerTensorMb = 0, tensorRatio = 0 }: Result): string {
  return `tensors occupy ${digits(oursTensorMb)} MB at most, the peer's ${digits(peerTensorMb)}: ${tensorRatio.toFixed(2)}`;
}

function productText({ stepGflop = 0, matMulGflops = 0, productShare = 0 }: Result): string {
  const best = `${digits(matMulGflops)} GFLOPS of large square products in the same process`;
  return `${digits(stepGflop)} GFLOP of matrix products a step, at ${productShare.toFixed(2)} of the ${best}`;
}

function copyText({ rssRatioWithoutCopy = 0 }: Result): string {
  return `without the frozen copy of what full fine-tuning trains, memory is at a ratio of ${rssRatioWithoutCopy.toFixed(2)}`;
}

function stateText({ oursStateBytes = 0, peerStateBytes = 0, stateRatio = 0 }: Result): string {
  const [ours, peer] = [oursStateBytes, peerStateBytes].map((bytes) => digits(bytes / 2 ** 20));
  return `gradients and optimiser take ${ours} MB for LoRA and ${peer} MB for everything: ${(stateRatio * 100).toFixed(2)} %`;
}

/** Results may come from several runs; each kind of circumstance is said once. */
function machines(results: readonly Result[]): readonly string[] {
  if (results.length === 0) return ["Nothing was measured yet."];
  const groups = new Map<string, string[]>();
  for (const { processor, threads, versions, date, name, rounds } of results) {
    const programs = Object.entries(versions).map(([side, found]) => `${side}: ${listed(found)}`);
    const text = [
      `${processor}; ${threads} threads of computation; medians of ${rounds}; ${date.slice(0, 10)}.`,
      ...programs,
    ].join("  \n  ");
    groups.set(text, [...(groups.get(text) ?? []), name]);
  }
  return [...groups].map(([text, names]) => `- ${names.map((name) => `\`${name}\``).join(", ")}  \n  ${text}`);
}

function listed(versions: Readonly<Record<string, string>>): string {
  return Object.entries(versions)
    .map(([name, version]) => `${name} ${version}`)
    .join(", ");
}

function partsOf(result: Result | undefined): readonly ComparedTimes[] {
  if (result === undefined) return [];
  return result.parts ?? [{ ...result, label: "" }];
}

function hasPeer({ sides }: Row): boolean {
  return sides.peer !== undefined;
}

function optional<Key extends string>(key: Key, value: number | undefined): Partial<Record<Key, number>> {
  const found: Partial<Record<Key, number>> = {};
  if (value !== undefined) found[key] = value;
  return found;
}

function tableRow(cells: readonly string[]): string {
  return `| ${cells.join(" | ")} |`;
}

function digits(value: number): string {
  return value >= 100 ? value.toFixed(0) : value.toPrecision(3);
}
