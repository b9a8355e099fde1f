// Facts about rows that do not depend on the objective: their kinds, numbers in messages, and how many are held out.

import type { Example } from "@lowrank/data";
import { type RowList, selectRows } from "@lowrank/data/internal";

/** A row that needs no text template. */
type PlainExample = Exclude<
  Example,
  { readonly chosen: unknown } | { readonly answer: unknown } | { readonly asked: unknown }
>;

/** The rows of text in a row: both answers of a preference pair, the chosen one first, a judged answer, or a prompt. */
export function textsOf(example: Example): readonly [PlainExample, ...PlainExample[]] {
  if ("answer" in example) return [example.answer];
  if ("asked" in example) return [example.asked];
  return "chosen" in example ? [example.chosen, example.rejected] : [example];
}

/** Whether a row has text that is not yet tokens. */
export function needsTokenizer(examples: RowList<Example>): boolean {
  return examples.some(({ kind }) => kind !== "tokens" && kind !== "span" && kind !== "image");
}

export function isAudio(kind: Example["kind"]): boolean {
  return kind === "speech" || kind === "audio";
}

/** A selection of the rows; for rows on disk, only their indices are in memory. */
export function rowsWhere(examples: RowList<Example>, matches: (example: Example) => boolean): RowList<Example> {
  const positions: number[] = [];
  for (const [position, example] of examples.entries()) if (matches(example)) positions.push(position);
  return selectRows(examples, positions);
}

/** Rows, and the file name for messages. */
export interface RowFile {
  readonly name: string;
  readonly rows: RowList<Example>;
}

/** The number of a row in messages, by its index. */
export type RowNumbers = (index: number) => number;

/** For rows in their original order. */
export const inOrder: RowNumbers = (index) => index + 1;

export function isRowFile(input: unknown): input is RowFile {
  return typeof input === "object" && input !== null && "rows" in input;
}

const [fewestToHoldOut, shareHeldOut, maxHeldOut] = [50, 0.1, 200];

/** Part of the rows to hold out if neither validation rows nor a share are given; 0 for none. */
export function defaultValidationShare(rows: number): number {
  return rows < fewestToHoldOut ? 0 : Math.min(shareHeldOut, maxHeldOut / rows);
}
