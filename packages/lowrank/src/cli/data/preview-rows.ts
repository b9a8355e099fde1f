// lowrank data preview: the text of each row's tokens, with the trained part marked.

import { escapeControls } from "@lowrank/contracts/internal";
import type { TextTokenizer } from "@lowrank/data";
import { ignoredLabel, selectRows, type TokenizedExample } from "@lowrank/data/internal";
import { rowFindingCodes } from "../../findings/row-findings.ts";
import type { TrainingRows } from "../../objectives/training-rows.ts";
import { preparePlan } from "../plan/prepare-plan.ts";
import { plural } from "../terminal/format.ts";
import type { Report } from "../terminal/report.ts";
import type { TrainOptions } from "../train/run-train.ts";

export interface PreviewOptions extends TrainOptions {
  readonly rows: number;
}

interface TokenRun {
  readonly ids: readonly number[];
  readonly isTrained: boolean;
}

export async function previewRows({ rows: count, ...options }: PreviewOptions, report: Report): Promise<void> {
  // Validation rows are shown as well, in the order of the file.
  const inOrder = options.validation === undefined ? { validationShare: 0, ...options } : options;
  const { model, adapter, training, dispose } = await preparePlan(
    inOrder,
    { ...report, print: () => undefined, warn: (warning) => rowFindingCodes.has(warning.code) || report.warn(warning) },
    (rows) => firstOf(rows, count),
  );
  try {
    const hasTokenizer = await model.tokenizer().then(
      (tokenizer) => tokenizer,
      () => undefined,
    );
    for (const [index, row] of training.train.entries()) {
      const stretches = runsOf(row).map(({ ids, isTrained }) => ({ text: textOf(ids, hasTokenizer), isTrained }));
      const label = row.kind === "classified" ? (adapter.classNames?.[Number(row.label)] ?? row.label) : undefined;
      report.emit({ type: "row", row: index + 1, tokens: row.inputIds.length, label, stretches });
      const labelText = label === undefined ? "" : ` → ${escapeControls(String(label))}`;
      report.print(report.colors.bold(`row ${index + 1}, ${plural(row.inputIds.length, "token")}${labelText}`));
      report.print(stretches.map((stretch) => shown(stretch, report)).join(""));
    }
  } finally {
    dispose();
  }
}

function firstOf(rows: TrainingRows, count: number): TrainingRows {
  const positions = Array.from({ length: Math.min(count, rows.train.length) }, (_, position) => position);
  return { ...rows, train: [...selectRows(rows.train, positions)], validation: [] };
}

/** For an encoder–decoder, the target follows the source. */
function runsOf(row: TokenizedExample): readonly TokenRun[] {
  if (row.kind === "sequence") return runs(row.inputIds, (position) => row.labels[position] !== ignoredLabel);
  if (row.kind === "span") {
    return runs(row.inputIds, (position) => row.end > 0 && position >= row.start && position <= row.end);
  }
  const read = { ids: row.inputIds, isTrained: false };
  if (row.kind !== "source-target") return [read];
  return [read, { ids: row.labels.filter((label) => label !== ignoredLabel), isTrained: true }];
}

function runs(ids: readonly number[], isTrained: (position: number) => boolean): readonly TokenRun[] {
  const found: { ids: number[]; isTrained: boolean }[] = [];
  for (const [position, id] of ids.entries()) {
    const last = found.at(-1);
    if (last?.isTrained === isTrained(position)) last.ids.push(id);
    else found.push({ ids: [id], isTrained: isTrained(position) });
  }
  return found;
}

/** With the tokenizer's marks; of ready-made tokens without a tokenizer their numbers. */
function textOf(ids: readonly number[], tokenizer: TextTokenizer | undefined): string {
  return tokenizer === undefined ? ids.join(" ") : tokenizer.decode([...ids], { skipSpecialTokens: false });
}

function shown({ text, isTrained }: { readonly text: string; readonly isTrained: boolean }, report: Report): string {
  const escaped = escapeControls(text);
  if (!isTrained) return escaped;
  return report.io.hasColors ? report.colors.green(escaped) : `⟦${escaped}⟧`;
}
