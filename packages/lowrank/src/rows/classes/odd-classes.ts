// Warns before the first step of classes that are probably mistakes.

import { printable } from "@lowrank/contracts/internal";
import type { Example } from "@lowrank/data";
import { type Label, type ProblemType, type RowList, rowLabel } from "@lowrank/data/internal";
import { named } from "../../errors/named-option.ts";
import type { Notices } from "../../notices.ts";
import type { Classes } from "./class-names.ts";

export interface ClassRows {
  readonly file: string;
  readonly train: RowList<Example>;
  readonly columns?: { readonly label?: string } | undefined;
  readonly problem?: ProblemType | undefined;
}

/** In fewer rows, each may well have its own class. */
const fewRows = 20;

const columnWords = /^(labels?|class|classes|category|sentiment|intent|topic|rating|tag|target)$/i;

/** Numbers beyond this are far from a new head's outputs, which begin near 0; scores from 0 to 10 are not. */
const farNumber = 10;

/** Warns of a single class, of numbers far from 0, of a class for nearly every row, and of a column name among the classes. */
export function warnOfOddClasses({ ids, count }: Classes, rows: ClassRows, notices: Pick<Notices, "warn">): void {
  const { file, train, columns, problem } = rows;
  const only = problem === "single_label_classification" ? onlyLabel(train) : undefined;
  if (only !== undefined) {
    const message =
      `Every row of "${printable(file)}" has the class ${printable(String(only))}, so a classifier only learns to always ` +
      `answer it. Add rows of other classes. If labels are numbers to predict, use ${named("problemType")} regression.`;
    notices.warn({ code: "ONE_CLASS", message });
  }
  if (count === 1 && ids.size === 0) warnOfFarNumbers(rows, notices);
  if (train.length >= fewRows && ids.size * 2 >= train.length) {
    const message =
      `"${printable(file)}" has ${ids.size} classes in ${train.length} rows. If the label column contains the texts, name the ` +
      "columns in the other order.";
    notices.warn({ code: "MANY_CLASSES", message });
  }
  const words = [...ids.keys()].filter((name) => columnWords.test(name) || name === columns?.label);
  for (const word of words.length === 0 ? [] : onlyOnce(words, train)) {
    const message =
      `"${printable(file)}" has one row with the class "${printable(word)}", which looks like a column name. If this row is a header ` +
      `among the rows, remove it. If it is the first line of a table, leave ${named("header")} out.`;
    notices.warn({ code: "COLUMN_NAME_AS_CLASS", message });
  }
}

/** The label that all rows have; undefined if there are two. */
function onlyLabel(train: RowList<Example>): Label | undefined {
  let only: Label | undefined;
  for (const example of train) {
    const label = rowLabel(example);
    if (only !== undefined && label !== only) return undefined;
    only = label;
  }
  return only;
}

function warnOfFarNumbers({ file, train }: ClassRows, notices: Pick<Notices, "warn">): void {
  let [sum, squares, numbers] = [0, 0, 0];
  for (const example of train) {
    const label = rowLabel(example);
    if (typeof label !== "number") continue;
    sum += label;
    squares += label * label;
    numbers += 1;
  }
  const mean = sum / Math.max(1, numbers);
  const spread = Math.sqrt(Math.max(0, squares / Math.max(1, numbers) - mean * mean));
  if (Math.abs(mean) + spread <= farNumber) return;
  const [about, wide] = [mean, spread].map((value) => Number(value.toPrecision(3)));
  const scaled = wide === 0 ? `number − ${about}` : `(number − ${about}) / ${wide}`;
  const message =
    `The labels of "${printable(file)}" have mean ${about} and standard deviation ${wide}. A new head begins near 0, and a step moves it by about ` +
    `${named("learningRate")}. Train on ${scaled}, and undo this in the predictions.`;
  notices.warn({ code: "NUMBERS_FAR_FROM_ZERO", message });
}

function onlyOnce(words: readonly string[], rows: RowList<Example>): readonly string[] {
  const counts = new Map(words.map((word) => [word, 0]));
  for (const example of rows) {
    const label = rowLabel(example);
    const count = typeof label === "string" ? counts.get(label) : undefined;
    if (typeof label === "string" && count !== undefined) counts.set(label, count + 1);
  }
  return words.filter((word) => counts.get(word) === 1);
}
