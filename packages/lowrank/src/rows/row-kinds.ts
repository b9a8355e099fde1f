// What kinds of rows are, whatever is learnt of them.

import { type Example, type RowList, selectRows } from "@lowrank/data";

/** A row that a model reads as it is. */
type PlainExample = Exclude<Example, { readonly chosen: unknown } | { readonly answer: unknown }>;

/** The rows of text in a row: both answers of a preference, the better one first, and the answer of a judgement. */
export function textsOf(example: Example): readonly [PlainExample, ...PlainExample[]] {
  if ("answer" in example) return [example.answer];
  return "chosen" in example ? [example.chosen, example.rejected] : [example];
}

export function needTokenizer(examples: RowList<Example>): boolean {
  return examples.some(({ kind }) => kind !== "tokens" && kind !== "span" && kind !== "image");
}

export function isHeard(kind: Example["kind"]): boolean {
  return kind === "speech" || kind === "audio";
}

/** Some of the rows; of more than memory has, their places alone are in it. */
export function rowsWhere(examples: RowList<Example>, is: (example: Example) => boolean): RowList<Example> {
  const places: number[] = [];
  for (const [place, example] of examples.entries()) if (is(example)) places.push(place);
  return selectRows(examples, places);
}

/** Rows, and the file that messages name. */
export interface RowFile {
  readonly name: string;
  readonly rows: RowList<Example>;
}

export type RowNumbers = (index: number) => number;

/** Of rows that nobody moved. */
export const inOrder: RowNumbers = (index) => index + 1;

export function isRead(input: unknown): input is RowFile {
  return typeof input === "object" && input !== null && "rows" in input;
}

const [fewestToHoldOut, shareHeldOut, maxHeldOut] = [50, 0.1, 200];

/** The share of the rows that is held out if no validation rows or share are given; 0 for none. */
export function defaultValidationShare(rows: number): number {
  return rows < fewestToHoldOut ? 0 : Math.min(shareHeldOut, maxHeldOut / rows);
}
