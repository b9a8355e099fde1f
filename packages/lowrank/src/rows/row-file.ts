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

/** Whether rows were read already. */
export function isRead(input: unknown): input is RowFile {
  return typeof input === "object" && input !== null && "rows" in input;
}
