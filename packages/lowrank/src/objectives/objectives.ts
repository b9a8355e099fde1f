// The table of training objectives, and the objective of the rows of a data file.

import type { Task } from "@lowrank/contracts/families";
import { DataError, type Example } from "@lowrank/data";
import { mapRows, type RowList } from "@lowrank/data/internal";
import { rowsWhere } from "../rows/row-kinds.ts";
import { classification, imageClassification } from "./classification/classification.ts";
import { embeddings } from "./embeddings/embeddings.ts";
import { extraction } from "./extraction/extraction.ts";
import { judgements } from "./judgements/judgements.ts";
import type { Objective } from "./objective.ts";
import { preferences } from "./preferences/preferences.ts";
import { rewardModels } from "./preferences/score-answers.ts";
import { ranking } from "./ranking/ranking.ts";
import { rewards } from "./rewards/rewards.ts";
import { text } from "./text/text.ts";

/** All objectives; the first one that accepts a row gets it. */
export const objectives = {
  classification,
  imageClassification,
  ranking,
  extraction,
  embeddings,
  preferences,
  rewardModels,
  judgements,
  rewards,
  text,
};

type LearningOptions = Parameters<typeof embeddings.plan>[2] &
  Parameters<typeof preferences.plan>[2] &
  Parameters<typeof rewards.plan>[2] &
  Parameters<typeof text.plan>[2];

export type RowObjective = Objective<LearningOptions>;

const table: readonly RowObjective[] = Object.values(objectives);

export interface RowSurvey {
  readonly objective: RowObjective;
  readonly kinds: ReadonlySet<Example["kind"]>;
}

/** The objective that all rows share, and their kinds, in one pass. Throws a DataError that names rows of another objective. */
export function surveyRows(file: string, examples: RowList<Example>, expected?: RowObjective): RowSurvey {
  const first = expected ?? objectiveOf(examples.at(0));
  const kinds = new Set<Example["kind"]>();
  const problems = examples.flatMap((each, index) => {
    kinds.add(each.kind);
    const objective = objectiveOf(each);
    if (objective === first) return [];
    return [{ row: index + 1, found: `a row with ${objective.rows}`, expected: `a row with ${first.rows}` }];
  });
  if (problems.length === 0) return { objective: first, kinds };
  throw new DataError(file, problems.slice(0, 10), { count: problems.length, unit: "row" });
}

/** The objective for the rows of a head. */
export function objectiveFor(task: Task): RowObjective {
  return table.find((objective) => objective.task === task) ?? text;
}

/** The rows as rows of text, for measuring answers. */
export function rowsAsText(rows: RowList<Example>): RowList<Example> {
  if (!rows.some((row) => objectiveOf(row).textOf !== undefined)) return rows;
  const textOf = (row: Example) => {
    const { textOf: of = () => row } = objectiveOf(row);
    return of(row);
  };
  return mapRows(
    rowsWhere(rows, (row) => textOf(row) !== undefined),
    (row) => textOf(row) ?? row,
  );
}

/** The objective of a row; default: text. */
export function objectiveOf(row: Example | undefined): RowObjective {
  return (row && table.find((objective) => objective.takes(row))) ?? text;
}
