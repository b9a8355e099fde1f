// What is wrong with rows that were pasted or dropped, beside what the library itself says of broken ones.

import { itemised, LowrankError } from "@lowrank/contracts";

/** A file is far larger than what can be taught in a tab: most often the wrong file. */
export class RowsTooLargeError extends LowrankError {
  constructor(
    readonly file: string,
    readonly bytes: number,
    readonly most: number,
  ) {
    super(
      "ROWS_TOO_LARGE",
      `"${file}" has ${bytes} bytes, more than the ${most} that a tab can teach. Drop a part of it, or train it in Node: lowrank train.`,
    );
  }
}

/** A picture, an archive, a data file in binary. */
export class NoTextError extends LowrankError {
  constructor(readonly file: string) {
    super("ROWS_NO_TEXT", `"${file}" is no text. Expected rows as text: save it as .jsonl, .json, .csv or .tsv.`);
  }
}

/** Rows of another kind than something that is said and its answer. */
export class RowsKindError extends LowrankError {
  constructor(
    readonly file: string,
    readonly problems: readonly { readonly row: number; readonly kind: string }[],
    readonly count: number,
  ) {
    const lines = problems.map(({ row, kind }) => `row ${row}: ${kind}`);
    super(
      "ROWS_OF_ANOTHER_KIND",
      `"${file}" has rows without something said and its answer:${itemised(lines, count)}\nExpected prompt and completion, question and answer, instruction and output, or messages.`,
    );
  }
}
