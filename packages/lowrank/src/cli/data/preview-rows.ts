// lowrank data preview: rows as tokens again as text, and which part of them is trained.

import { escapeControls } from "@lowrank/contracts";
import { ignoredLabel, selectRows, type TextTokenizer, type TokenizedExample } from "@lowrank/data";
import { rowFindingCodes } from "../../findings/row-findings.ts";
import type { TrainingRows } from "../../objectives/training-rows.ts";
import { preparePlan } from "../plan/prepare-plan.ts";
import { plural } from "../terminal/format.ts";
import type { Report } from "../terminal/report.ts";
import type { TrainOptions } from "../train/run-train.ts";

export interface PreviewOptions extends TrainOptions {
  readonly rows: number;
}

interface Stretch {
  readonly ids: readonly number[];
  readonly isTrained: boolean;
}

export async function previewRows({ rows: count, ...options }: PreviewOptions, report: Report): Promise<void> {
  // A row that training holds out is shown in its place, too.
  const inOrder = options.validation === undefined ? { validationShare: 0, ...options } : options;
  const { model, adapter, training, dispose } = await preparePlan(
    inOrder,
    { ...report, say: () => undefined, warn: (warning) => rowFindingCodes.has(warning.code) || report.warn(warning) },
    (rows) => firstOf(rows, count),
  );
  try {
    const hasTokenizer = await model.tokenizer().then(
      (tokenizer) => tokenizer,
      () => undefined,
    );
    for (const [index, row] of training.train.entries()) {
      const stretches = stretchesOf(row).map(({ ids, isTrained }) => ({ text: textOf(ids, hasTokenizer), isTrained }));
      const label = row.kind === "classified" ? (adapter.classNames?.[Number(row.label)] ?? row.label) : undefined;
      report.emit({ type: "row", row: index + 1, tokens: row.inputIds.length, label, stretches });
      const told = label === undefined ? "" : ` → ${escapeControls(String(label))}`;
      report.say(report.colors.bold(`row ${index + 1}, ${plural(row.inputIds.length, "token")}${told}`));
      report.say(stretches.map((stretch) => shown(stretch, report)).join(""));
    }
  } finally {
    dispose();
  }
}

function firstOf(rows: TrainingRows, count: number): TrainingRows {
  const places = Array.from({ length: Math.min(count, rows.train.length) }, (_, place) => place);
  return { ...rows, train: [...selectRows(rows.train, places)], validation: [] };
}

/** What a decoder is to write stands behind what its encoder reads. */
function stretchesOf(row: TokenizedExample): readonly Stretch[] {
  if (row.kind === "sequence") return runs(row.inputIds, (place) => row.labels[place] !== ignoredLabel);
  if (row.kind === "span") {
    return runs(row.inputIds, (place) => row.end > 0 && place >= row.start && place <= row.end);
  }
  const read = { ids: row.inputIds, isTrained: false };
  if (row.kind !== "source-target") return [read];
  return [read, { ids: row.labels.filter((label) => label !== ignoredLabel), isTrained: true }];
}

function runs(ids: readonly number[], isTrained: (place: number) => boolean): readonly Stretch[] {
  const found: { ids: number[]; isTrained: boolean }[] = [];
  for (const [place, id] of ids.entries()) {
    const last = found.at(-1);
    if (last?.isTrained === isTrained(place)) last.ids.push(id);
    else found.push({ ids: [id], isTrained: isTrained(place) });
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
