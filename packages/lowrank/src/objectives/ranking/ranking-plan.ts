// How a model learns to judge pairs of texts, a search and what it found: a cross-encoder, also called a reranker.

import type { Example, RowList } from "@lowrank/data";
import type { PretrainedModel } from "@lowrank/models";

/** The plan, as data. */
export interface RankingPlan {
  readonly kind: "ranking";
  readonly words: string;
}

/** By the cross-entropy of yes and no, sentence-transformers' BinaryCrossEntropyLoss. */
export const rankingPlan: RankingPlan = { kind: "ranking", words: "yes or no, for each pair of a search" };

/** Whether a model reads pairs and answers with one number each. */
export function judgesPairs({ task, config }: Pick<PretrainedModel, "task" | "config">): boolean {
  return task === "sequence-classification" && config.labels === 1;
}

/** Whether rows are pairs of searches, judged from 0 to 1; of other scores a regression learns. */
export function areRanked(rows: RowList<Example>): boolean {
  if (!areOfSearches(rows)) return false;
  return !rows.some((row) => row.kind === "sentence" && !(Number(row.label) >= 0 && Number(row.label) <= 1));
}

/** Whether rows are pairs of searches, however they are judged. */
export function areOfSearches(rows: RowList<Example>): boolean {
  const first = rows.at(0);
  return first?.kind === "sentence" && first.search !== undefined;
}
