// Tables of the page: one for each processor, with dates and versions above it.

import { shortenedNote } from "../jobs/describe-job.ts";
import type { ComparedTimes, Result, TriedPeer } from "../result.ts";
import type { Settings } from "../settings.ts";

/** A row of the table of benchmarks or of jobs, as the page needs it. */
export interface Row {
  readonly name: string;
  readonly work: string;
  readonly sides: Readonly<Record<string, { readonly by: string; readonly settings?: Pick<Settings, "precision"> }>>;
  readonly comparisons: readonly { readonly label: string }[];
  readonly peerKeepsCopy?: boolean;
}

type Measured = readonly [row: Row, result: Result];

/** A table for each processor, in the order of the rows; rows without a result are named below. */
export function tablesByProcessor(
  rows: readonly Row[],
  results: readonly Result[],
  unit: "s" | "ms",
): readonly string[] {
  const measured = rows.flatMap((row) =>
    results.filter(({ name }) => name === row.name).map((result): Measured => [row, result]),
  );
  const missing = rows.filter((row) => measured.every(([one]) => one !== row)).map(({ name }) => `\`${name}\``);
  return [
    ...grouped(measured, ([, { processor, threads }]) => `${processor}; computed with ${threadText(threads)}`).flatMap(
      ([processor, group]) => processorTable(processor, group, unit),
    ),
    ...(missing.length === 0 ? [] : [`Not measured yet: ${missing.join(", ")}.`, ""]),
  ];
}

export function threadText(threads: number): string {
  return threads === 1 ? "1 thread" : `${threads} threads`;
}

/** Items with the same key, in the order of the first of each. */
export function grouped<Item>(
  items: readonly Item[],
  keyOf: (item: Item) => string,
): readonly (readonly [key: string, items: readonly Item[]])[] {
  const keys = [...new Set(items.map(keyOf))];
  return keys.map((key) => [key, items.filter((item) => keyOf(item) === key)]);
}

export function tableRow(cells: readonly (string | number)[]): string {
  return `| ${cells.join(" | ")} |`;
}

function digits(value: number): string {
  return value >= 100 ? value.toFixed(0) : value.toPrecision(3);
}

/** "2026-11-25 to 2026-11-28" */
export function datesOf(dates: readonly string[]): string {
  const days = dates.map((date) => date.slice(0, 10)).sort();
  const [first, last] = [days[0] ?? "", days.at(-1) ?? ""];
  return first === last ? first : `${first} to ${last}`;
}

function processorTable(processor: string, group: readonly Measured[], unit: "s" | "ms"): readonly string[] {
  const results = group.map(([, result]) => result);
  const head = [
    "benchmark",
    "compared with",
    `lowrank, ${unit}`,
    `other, ${unit}`,
    "ratio",
    "lowrank, MB",
    "other, MB",
    "ratio",
    "rounds",
  ];
  return [
    `**${processor}; ${datesOf(results.map(({ date }) => date))}**  `,
    `lowrank: ${versionsOf(results, (side) => side === "ours")}.  `,
    ...otherVersions(results),
    "",
    tableRow(head),
    tableRow(head.map(() => "---")),
    ...group.flatMap(([row, result]) => resultRows(row, result, unit)),
    "",
    ...notes(group),
  ];
}

function otherVersions(results: readonly Result[]): readonly string[] {
  const own = versionsOf(results, (side) => side === "ours");
  const others = versionsOf(results, (side) => side !== "ours", own.split(", "));
  return others === "" ? [] : [`Compared with: ${others}.`];
}

/** Each program with its version once; engines are in the rows. */
function versionsOf(
  results: readonly Result[],
  isShown: (side: string) => boolean,
  without: readonly string[] = [],
): string {
  const programs = results.flatMap(({ versions }) =>
    Object.entries(versions).flatMap(([side, found]) => (isShown(side) ? Object.entries(found) : [])),
  );
  const texts = programs.flatMap(([name, version]) => (name === "engine" ? [] : [`${name} ${version}`]));
  return [...new Set(texts)].filter((text) => !without.includes(text)).join(", ");
}

function resultRows({ name, work, comparisons, sides }: Row, result: Result, unit: "s" | "ms"): readonly string[] {
  const by = (sides.peer ?? sides.ours)?.by ?? "";
  const precision = precisionOf({ sides }, result);
  const peer = by === "lowrank" || precision === undefined ? by : `${by}, ${precision}`;
  const { engine } = result.versions.ours ?? {};
  const what = `\`${name}\`: ${work}${engine === undefined || engine === "native" ? "" : ` (engine ${engine})`}`;
  const timeText = (milliseconds: number) => digits(unit === "s" ? milliseconds / 1000 : milliseconds);
  const memory =
    sides.peer === undefined
      ? ["–", "–", "–"] // one process for both sides
      : [digits(result.oursRssMb), digits(result.peerRssMb), result.rssRatio.toFixed(2)];
  return comparisons.flatMap(({ label }, index) => {
    const part = partsOf(result)[index];
    if (part === undefined) return [];
    const mark = isUnchecked({ name, work, comparisons, sides }, result) || result.steady === false ? " \\*" : "";
    const labelled = `${comparisons.length > 1 ? `${what} – ${label}` : what}${mark}`;
    const times = [timeText(part.oursMs), timeText(part.peerMs), part.ratio.toFixed(2)];
    const cells = [`${labelled}${shortenedNote(result)}`, peer, ...times];
    return tableRow([...cells, ...(index === 0 ? memory : ["", "", ""]), result.rounds]);
  });
}

export function partsOf(result: Result | undefined): readonly ComparedTimes[] {
  if (result === undefined) return [];
  return result.parts ?? [{ ...result, label: "" }];
}

/** Figures that only some benchmarks have. */
function notes(group: readonly Measured[]): readonly string[] {
  const found = group.flatMap(([row, result]) => {
    const { name, peerKeepsCopy } = row;
    const by = row.sides.peer?.by ?? "lowrank";
    const texts = [
      ...(isUnchecked(row, result) ? [`measured before the warm-up was checked; ${by} may be faster than shown`] : []),
      ...(result.steady === false
        ? ["never steady: the last three steps before the rounds differ by more than 5 %"]
        : []),
      ...(result.peersTried === undefined ? [] : [`${by} tried ${result.peersTried.map(triedText).join("; ")}`]),
      ...(result.tensorRatio === undefined ? [] : [tensorText(result)]),
      ...(result.productShare === undefined ? [] : [productText(result)]),
      ...(peerKeepsCopy === true ? [copyText(result)] : []),
      ...(result.stateRatio === undefined ? [] : [stateText(result)]),
    ];
    return texts.map((text) => [text, `\`${name}\``] as const);
  });
  const lines = grouped(found, ([text]) => text).map(
    ([text, ofRows]) => `- ${ofRows.map(([, name]) => name).join(", ")}: ${text}.`,
  );
  return lines.length === 0 ? [] : [...lines, ""];
}

/** The peer's precision: its fastest, or its only one. */
function precisionOf({ sides }: Pick<Row, "sides">, { peerPrecision }: Result): string | undefined {
  return peerPrecision ?? sides.peer?.settings?.precision;
}

/** Two steps of warm-up were too few for libraries' products in bf16. */
function isUnchecked(row: Row, result: Result): boolean {
  return result.steady === undefined && row.sides.peer?.by !== "lowrank" && precisionOf(row, result) === "bf16";
}

function triedText({ precision, milliseconds = 0, skipped }: TriedPeer): string {
  return `${precision} (${skipped === undefined ? `${digits(milliseconds)} ms` : `skipped: ${skipped}`})`;
}

function tensorText({ oursTensorMb = 0, peerTensorMb = 0, tensorRatio = 0 }: Result): string {
  return `tensors take at most ${digits(oursTensorMb)} MB, compared with ${digits(peerTensorMb)} MB: ${tensorRatio.toFixed(2)}`;
}

function productText({ stepGflop = 0, matMulGflops = 0, productShare = 0 }: Result): string {
  const best = `${digits(matMulGflops)} GFLOPS of large square products in the same process`;
  return `a step has ${digits(stepGflop)} GFLOP of matrix products, computed at ${productShare.toFixed(2)} of the ${best}`;
}

function copyText({ rssRatioWithoutCopy = 0 }: Result): string {
  return `full fine-tuning keeps a frozen copy of the weights here; without this copy the memory ratio is ${rssRatioWithoutCopy.toFixed(2)}`;
}

function stateText({ oursStateBytes = 0, peerStateBytes = 0, stateRatio = 0 }: Result): string {
  const [ours, peer] = [oursStateBytes, peerStateBytes].map((bytes) => digits(bytes / 2 ** 20));
  return `gradients and optimizer take ${ours} MB for LoRA and ${peer} MB for all parameters: ${(stateRatio * 100).toFixed(2)} %`;
}
