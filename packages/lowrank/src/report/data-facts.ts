// Facts about a run's rows: their number, lengths, truncation and classes.

import { ignoredLabel, isAtLimit, type RowList, type TokenizedExample } from "@lowrank/data/internal";
import type { RowLengths } from "../open/position-limit.ts";
import type { FactTable } from "./report-page.ts";

export interface ReportedRows {
  readonly train: RowList<TokenizedExample>;
  readonly validation: RowList<TokenizedExample>;
  readonly lengths: RowLengths;
  /** In the order of the class numbers. */
  readonly classNames: readonly string[] | undefined;
}

/** Number of sampled rows, evenly spaced: reading and tokenizing a million rows again takes too long. */
const maxRows = 500;

/** Lengths are in tokens. */
export function dataFacts({ train, validation, lengths, classNames }: ReportedRows): FactTable {
  const sample = someRows(train);
  const sizes = sample.map(({ inputIds }) => inputIds.length).sort((one, other) => one - other);
  const at = (share: number) => sizes[Math.min(sizes.length - 1, Math.floor(share * sizes.length))] ?? 0;
  const cut = sample.filter((row) => isAtLimit(row, lengths)).length;
  const trained = sample.map((row) =>
    "labels" in row ? row.labels.filter((label) => label !== ignoredLabel).length : 0,
  );
  const average = (values: readonly number[]) => values.reduce((sum, value) => sum + value, 0) / values.length;
  const hasTokens = (sizes.at(-1) ?? 0) > 0;
  return [
    ["rows to train on", train.length],
    ["rows to validate on", validation.length],
    ...(sample.length === train.length ? [] : [["rows looked at for what follows", sample.length] as const]),
    ...(hasTokens
      ? ([
          ["tokens a row: least, median, 95 %, most", `${at(0)}, ${at(0.5)}, ${at(0.95)}, ${sizes.at(-1)}`],
          ["rows at the limit, perhaps cut", `${cut} (limit ${lengths.maxLength})`],
        ] as const)
      : []),
    ...(trained.some((count) => count > 0)
      ? [["trained tokens a row, on average", average(trained).toFixed(1)] as const]
      : []),
    ...classFacts(sample, classNames),
  ];
}

export function someRows(rows: RowList<TokenizedExample>, max = maxRows): readonly TokenizedExample[] {
  const count = Math.min(rows.length, max);
  return Array.from({ length: count }, (_, index) => rows.at(Math.floor((index * rows.length) / count))).flatMap(
    (row) => row ?? [],
  );
}

export function classCounts(rows: Iterable<TokenizedExample>): ReadonlyMap<number, number> {
  const counts = new Map<number, number>();
  for (const row of rows) if (row.kind === "classified") counts.set(row.label, (counts.get(row.label) ?? 0) + 1);
  return counts;
}

function classFacts(rows: readonly TokenizedExample[], names: readonly string[] | undefined): FactTable {
  return [...classCounts(rows)]
    .sort(([one], [other]) => one - other)
    .map(([label, count]) => [`rows of class ${names?.[label] ?? label}`, count] as const);
}
