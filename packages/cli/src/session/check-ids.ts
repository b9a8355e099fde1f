// Whether the model has a row of weights for every id that the data name.

import { DataError, type RowProblem, type TokenizedExample } from "@lowrank/data";
import type { ModelConfig } from "@lowrank/families";

/** A row of a data file as tokens, with its number there, counted from 1. */
export interface NumberedTokens {
  readonly row: number;
  readonly tokens: TokenizedExample;
}

/** What decides which ids there are. */
export type IdLimits = Pick<ModelConfig, "vocabularySize" | "labels" | "problemType">;

/** Throws a DataError that names the rows with tokens outside the vocabulary or a class that the classifier lacks. */
export function checkIds(file: string, rows: readonly NumberedTokens[], limits: IdLimits): void {
  const { vocabularySize } = limits;
  const classes = isRegression(limits) ? Number.POSITIVE_INFINITY : limits.labels;
  const problems = rows.flatMap(({ row, tokens }): RowProblem[] => {
    const ids = tokens.kind === "sequence" ? [tokens.inputIds, tokens.labels] : [tokens.inputIds];
    const stranger = ids.map((list) => list.find((id) => id >= vocabularySize)).find((id) => id !== undefined);
    if (stranger !== undefined) {
      const expected = `token ids from 0 to ${vocabularySize - 1}, the model's vocabulary`;
      return [{ row, found: String(stranger), expected }];
    }
    if (tokens.kind === "sequence" || tokens.label < classes) return [];
    const expected = `a class number from 0 to ${classes - 1}, which the classifier tells apart`;
    return [{ row, found: String(tokens.label), expected }];
  });
  if (problems.length > 0) throw new DataError(file, problems.slice(0, 10), problems.length, "row");
}

/** One output, or what is called so: its labels are numbers, not classes. */
function isRegression({ labels, problemType }: IdLimits): boolean {
  return problemType === "regression" || (problemType === null && labels === 1);
}
