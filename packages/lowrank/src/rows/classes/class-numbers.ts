// Class numbers of a data file: a classifier gets a row of weights for each number up to the largest, so that one
// mistyped label would take all memory.

import { DataError, type Example } from "@lowrank/data";
import { ignoredLabel, type RowList, rowLabel } from "@lowrank/data/internal";

import { named } from "../../errors/named-option.ts";

/** Maximum number of classes in a config.json. */
const maxClasses = 1_000_000;
/** Numbers may have gaps, but very large gaps suggest ids, years or prices instead of classes. */
const maxPerFound = 1000;

export type ClassNumbers = (example: Example) => readonly number[];

/** The class numbers of a row; none if classes have names. */
export const rowClasses: ClassNumbers = (example) => {
  const label = rowLabel(example);
  return (typeof label === "object" ? label : [label]).filter((each) => typeof each === "number");
};

export const tokenClasses: ClassNumbers = (example) => {
  if (example.kind !== "tokens" || typeof example.labels === "number") return [];
  return example.labels.filter((label) => label !== ignoredLabel);
};

export function countNumbers(examples: RowList<Example>, numbersOf: ClassNumbers): number {
  let largest = 0;
  for (const example of examples) for (const number of numbersOf(example)) largest = Math.max(largest, number);
  return largest + 1;
}

/** Throws a DataError that names the rows whose class numbers are too large for the number of different classes. */
export function checkClassNumbers(file: string, examples: RowList<Example>, numbersOf: ClassNumbers): void {
  const different = new Set<number>();
  for (const example of examples) for (const number of numbersOf(example)) different.add(number);
  if (different.size === 0) return;
  const found = different.size;
  const limit = Math.min(maxClasses, maxPerFound * found);
  const expected =
    `a class number from 0 to ${limit - 1} (the file has ${found} different numbers; count classes from 0; ` +
    `for numbers to predict, use ${named("problemType")} regression)`;
  const problems = examples.flatMap((example, index) => {
    const wrong = numbersOf(example).find((number) => !(Number.isInteger(number) && number >= 0 && number < limit));
    return wrong === undefined ? [] : [{ row: index + 1, found: String(wrong), expected }];
  });
  if (problems.length > 0) throw new DataError(file, problems.slice(0, 10), { count: problems.length, unit: "row" });
}
