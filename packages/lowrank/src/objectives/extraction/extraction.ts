// Where the answer to a question is in a text.

import type { Objective } from "../objective.ts";
import { ownLoss } from "../own-loss/own-loss.ts";
import { measureAnswers } from "./measure-answers.ts";

/** Questions, as SQuAD has them. */
export const extraction: Objective = {
  rows: "a question and its answer's place",
  takes: (row) => row.kind === "question" || row.kind === "span",
  task: "question-answering",
  options: [],
  hasHead: true,
  plan: () => ownLoss,
  async evaluate(opened, rows, { tokenizer, batchSize, lengths: { maxLength } }) {
    if (tokenizer === undefined) return {}; // rows of tokens have no texts to compare
    return measureAnswers(opened, rows, { tokenizer, batchSize, maxLength });
  },
};
