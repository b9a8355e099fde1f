// Class numbers of a data file: a classifier gets a row of weights for each number up to the largest, so that one
// mistyped label would take all memory.

import { DataError, type Example } from "@lowrank/data";

/** As many classes as a config.json may name. */
const mostClasses = 1_000_000;
/** Numbers may have gaps, but data that names so few of its classes is more likely to hold ids, years or prices. */
const mostPerFound = 1000;

/** The number of a row's class; undefined where it has a name, or none. */
export function classNumberOf(example: Example): number | undefined {
  const label = example.kind === "sentence" ? example.label : example.kind === "tokens" ? example.labels : undefined;
  return typeof label === "number" ? label : undefined;
}

/** Throws a DataError that names the rows whose class numbers are beyond what so many different ones can mean. */
export function checkClassNumbers(file: string, examples: readonly Example[]): void {
  const numbers = examples.map(classNumberOf);
  const found = new Set(numbers.filter((number) => number !== undefined)).size;
  const limit = Math.min(mostClasses, mostPerFound * found);
  const expected = `a class number from 0 to ${limit - 1}: the file has ${found} different ones, count them from 0`;
  const problems = numbers.flatMap((number, index) => {
    return number === undefined || number < limit ? [] : [{ row: index + 1, found: String(number), expected }];
  });
  if (problems.length > 0) throw new DataError(file, problems.slice(0, 10), problems.length, "row");
}
