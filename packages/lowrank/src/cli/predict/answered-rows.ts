// A row and its answer as one flat row of a file.

import type { Prediction } from "../../predict/prediction.ts";

/** The row's columns, then the answer's, under other names where the row has theirs. */
export function answeredRow(prediction: Prediction): Readonly<Record<string, unknown>> {
  const { row, kind: _, ...answer } = prediction;
  const told = Object.entries(answer).map(([name, value]) => [freeName(name, row), rounded(value)] as const);
  return { ...row, ...Object.fromEntries(told) };
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
