// Tokenizes rows when a batch draws them, for data that does not fit into memory: the first step need not wait for the last row, and
// no tokens are stored. Lengths of all rows are estimated; other facts come from a sample.

import { DataError, type Example } from "@lowrank/data";
import {
  isTrainable,
  type RowList,
  type SampledRows,
  sampleRows,
  selectRows,
  type TokenizedExample,
} from "@lowrank/data/internal";
import type { Notices } from "../../notices.ts";
import { wrongIds } from "./check-ids.ts";
import { numberedTokens, numberOf, type TokenizeRowsOptions } from "./numbered-tokens.ts";
import { countedLabels, tokenizeRows } from "./tokenize-rows.ts";

/** Rows that are tokenized again each time. */
export interface DrawnTokens {
  readonly rows: SampledRows<TokenizedExample>;
  /** A sample from the whole file, tokenized before training. */
  readonly sample: readonly TokenizedExample[];
}

const sampleSize = 1024;

/** Tokenizes a sample like `tokenizeRows`; the others when drawn. Broken ones are skipped then, with one warning for the first. */
export function drawTokens(examples: RowList<Example>, options: TokenizeRowsOptions, notices: Notices): DrawnTokens {
  const indices = spread(examples.length);
  const looked = [...selectRows(examples, indices)];
  const rowOf = (index: number) => numberOf(indices[index] ?? index, options);
  const sample = [...tokenizeRows(looked, { ...options, rowOf, isSample: true }, notices)];
  const tokensPerCharacter = sum(sample.map(tokensMade)) / Math.max(1, sum(looked.map(charactersIn)));
  const lengths = new Int32Array(examples.length);
  for (const [index, example] of examples.entries()) {
    const expected = Math.round(charactersIn(example) * tokensPerCharacter);
    lengths[index] = Math.min(options.lengths.maxLength, Math.max(1, expected));
  }
  let hasWarned = false;
  const leaveOut = (index: number, reason: string) => {
    if (hasWarned) return;
    hasWarned = true;
    const message =
      `Skipped row ${numberOf(index, options)} of "${options.file}": it ${reason}. Similar rows are skipped ` +
      "without another warning.";
    notices.warn({ code: "ROWS_SKIPPED", message });
  };
  const make = (example: Example, index: number) => tokensOf(example, index, { options, leaveOut });
  const texts = (example: Example) => (example.kind === "comparison" ? example.texts : []);
  return { rows: sampleRows(examples, { make, lengths, texts }), sample };
}

function tokensOf(
  example: Example,
  index: number,
  { options, leaveOut }: { readonly options: TokenizeRowsOptions; leaveOut(index: number, reason: string): void },
): TokenizedExample | undefined {
  const alone = { ...options, rowOf: () => numberOf(index, options) };
  try {
    const rows = numberedTokens({ first: 0, examples: [example] }, [example], alone);
    const [wrong] = wrongIds(rows, options.model);
    if (wrong !== undefined) leaveOut(index, `has ${wrong.found}, expected ${wrong.expected}`);
    else if (rows[0] === undefined || !isTrainable(rows[0].tokens, countedLabels(options.model))) {
      leaveOut(index, "has nothing to train");
    } else return rows[0].tokens;
  } catch (error) {
    if (!(error instanceof DataError)) throw error;
    const [problem] = error.problems;
    leaveOut(index, `is ${problem?.found ?? "broken"}`);
  }
  return undefined;
}

function spread(length: number): readonly number[] {
  const count = Math.min(length, sampleSize);
  return Array.from({ length: count }, (_, index) => Math.floor((index * length) / count));
}

/** Number of characters in all texts of a row. */
function charactersIn(value: unknown): number {
  if (typeof value === "string") return value.length;
  if (typeof value !== "object" || value === null || ArrayBuffer.isView(value)) return 0;
  return sum(Object.values(value).map(charactersIn));
}

function tokensMade(example: TokenizedExample): number {
  return example.inputIds.length + (example.kind === "preference" ? example.rejected.inputIds.length : 0);
}

function sum(numbers: readonly number[]): number {
  return numbers.reduce((total, number) => total + number, 0);
}
