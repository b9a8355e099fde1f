// Rows, and how messages name them.

import type { Example, RowList } from "@lowrank/data";

/** Rows, and the file that messages name. */
export interface RowFile {
  readonly name: string;
  readonly rows: RowList<Example>;
}

/** The number of the row at a place. */
export type RowNumbers = (index: number) => number;

/** Of rows that nobody moved. */
export const inOrder: RowNumbers = (index) => index + 1;

/** A row that a model reads as it is. */
type PlainExample = Exclude<Example, { readonly chosen: unknown } | { readonly answer: unknown }>;

/** The rows of text in a row: both answers of a preference, the better one first, and the answer of a judgement. */
export function textsOf(example: Example): readonly [PlainExample, ...PlainExample[]] {
  if ("answer" in example) return [example.answer];
  return "chosen" in example ? [example.chosen, example.rejected] : [example];
}

/** Whether rows were read already. */
export function isRead(input: unknown): input is RowFile {
  return typeof input === "object" && input !== null && "rows" in input;
}
