// Answers that were cut off with the end of their text.

import type { Example } from "@lowrank/data";
import type { NumberedTokens } from "./check-ids.ts";

/** How many rows have an answer, and no token of it. `rowOf` gives the number of a row at a place. */
export function answersLost(
  examples: readonly Example[],
  rows: readonly NumberedTokens[],
  rowOf: (index: number) => number,
): number {
  const answered = new Set(examples.flatMap((example, index) => (hasAnswer(example) ? [rowOf(index)] : [])));
  return rows.filter(({ row, tokens }) => tokens.kind === "span" && tokens.end === 0 && answered.has(row)).length;
}

/** A first token is never of a text, but of a question or a mark. */
function hasAnswer(example: Example): boolean {
  if (example.kind === "span") return example.end > 0;
  return example.kind === "question" && example.answers.length > 0;
}
