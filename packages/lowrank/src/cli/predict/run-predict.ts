// lowrank predict: rows in, the same rows with the model's answers out, one by one.

import { UsageError } from "../../errors/usage-errors.ts";
import { omitUndefined } from "../../omit-undefined.ts";
import type { Predictions, QuestionsInput } from "../../predict/predicting.ts";
import type { Prediction } from "../../predict/prediction.ts";
import { refuseHeader } from "../../recipe/run/recipe-rows.ts";
import { withBase } from "../base-for.ts";
import type { ModelOptions } from "../options/shared-options.ts";
import { checkRowFile, writeRowFile } from "../row-file.ts";
import { withOpenModel } from "../start-engine.ts";
import type { Report } from "../terminal/report.ts";

export interface PredictCommandOptions extends ModelOptions {
  readonly data?: string;
  readonly text?: readonly string[];
  readonly out?: string;
  readonly overwrite?: boolean;
  readonly columns?: Readonly<Record<string, string>>;
  readonly header?: readonly string[];
  readonly classNames?: readonly string[];
  readonly topK: number;
  readonly threshold: number;
  readonly allowNoAnswer?: boolean;
  readonly batchSize: number;
  readonly maxLength?: number;
}

/** Answers the rows and prints them, or writes them to --out atomically. */
export async function runPredict(requested: PredictCommandOptions, report: Report): Promise<void> {
  const options = await withBase(requested, report);
  const { out, overwrite } = options;
  checkRowFile(out);
  const input = inputOf(options);
  await withOpenModel(options, report, async (model) => {
    const { columns, header, classNames, topK, threshold, allowNoAnswer: mayBeNone, batchSize, maxLength } = options;
    const rows = model.predict(input, {
      ...omitUndefined({ columns, header }),
      classNames,
      topK,
      threshold,
      mayBeNone,
      batchSize,
      maxLength,
    });
    if (out === undefined) await print(rows, report);
    else {
      await writeRowFile(out, answeredRows(rows), { overwrite });
      report.emit({ type: "result", out });
      report.print(`answers written to ${out}`);
    }
  });
}

function inputOf({ data, text, header }: PredictCommandOptions): QuestionsInput {
  if (text !== undefined) return text.map((each) => ({ text: each }));
  if (data === undefined) throw new UsageError("There are no texts. Give --data or --text.");
  if (header !== undefined) refuseHeader(data);
  return data;
}

async function print(rows: Predictions, report: Report): Promise<void> {
  let index = 0;
  for await (const prediction of rows) {
    const answered = answeredRow(prediction);
    report.emit({ type: "result", index, ...answered });
    if (!report.isJson) report.write(`${JSON.stringify(answered)}\n`);
    index += 1;
  }
}

async function* answeredRows(rows: Predictions): AsyncGenerator<ReturnType<typeof answeredRow>> {
  for await (const prediction of rows) yield answeredRow(prediction);
}

/** The row's columns, then the prediction's. A prediction's column is renamed if the row already has the name. */
function answeredRow(prediction: Prediction): Readonly<Record<string, unknown>> {
  const { row, kind: _, ...answer } = prediction;
  const answerColumns = Object.entries(answer).map(([name, value]) => [freeName(name, row), rounded(value)] as const);
  return { ...row, ...Object.fromEntries(answerColumns) };
}

function freeName(name: string, row: Readonly<Record<string, unknown>>): string {
  let free = name;
  for (let number = 2; Object.hasOwn(row, free); number += 1) free = `${name}_${number}`;
  return free;
}

/** Seven digits are all that a 32-bit number has. */
function rounded(value: unknown): unknown {
  if (typeof value === "number") return Number.isInteger(value) ? value : Number(value.toPrecision(7));
  if (Array.isArray(value)) return value.map(rounded);
  if (typeof value !== "object" || value === null) return value;
  return Object.fromEntries(Object.entries(value).map(([name, each]) => [name, rounded(each)]));
}
