// Checks that the model has a row of weights for every id in the data.

import type { ModelConfig, Task } from "@lowrank/contracts/families";
import { labelsOf, type RowProblem, type TokenizedExample } from "@lowrank/data/internal";

/** A tokenized row of a data file, with its number in the file, counted from 1. */
export interface NumberedTokens {
  readonly row: number;
  readonly tokens: TokenizedExample;
}

export type IdLimits = Pick<ModelConfig, "vocabularySize" | "labels">;

interface CheckedModel {
  readonly config: IdLimits;
  readonly task: Task;
}

/** The rows with tokens outside the vocabulary or with unknown classes. */
export function wrongIds(rows: readonly NumberedTokens[], model: CheckedModel): readonly RowProblem[] {
  return rows.flatMap(({ row, tokens }): RowProblem[] => {
    const problem = problemOf(tokens, model);
    return problem === undefined ? [] : [{ row, ...problem }];
  });
}

function problemOf(tokens: TokenizedExample, { config, task }: CheckedModel): Omit<RowProblem, "row"> | undefined {
  const { vocabularySize } = config;
  const classes = config.labels;
  const areClasses = tokens.kind === "classified" || task === "token-classification";
  const labels = labelsOf(tokens);
  const areIds = !areClasses && "labels" in tokens;
  const ids = areIds ? [...tokens.inputIds, ...labels] : tokens.inputIds;
  const outside = ids.find((id) => id >= vocabularySize);
  if (outside !== undefined) {
    const expected = `token ids from 0 to ${vocabularySize - 1}, the model's vocabulary`;
    return { found: String(outside), expected };
  }
  const unknown = areClasses ? labels.find((label) => label >= classes) : undefined;
  if (unknown === undefined) return undefined;
  const expected = `a class number from 0 to ${classes - 1}, the classes of the classifier`;
  return { found: String(unknown), expected };
}
