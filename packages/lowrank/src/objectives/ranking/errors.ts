// What can go wrong when texts are ranked.

import { LowrankError } from "@lowrank/contracts";

/** A model that answers pairs of texts with something else than one number. */
export class NotRankingError extends LowrankError {
  constructor(
    /** What it answers with: "class". */
    readonly answers: string,
  ) {
    super(
      "NOT_RANKING",
      `Texts are ranked by a model with one number for each pair, and this one answers with "${answers}". Open a cross-encoder, ` +
        'or train one: rows with "query", "positive" and "negative" on a classifier with one output ' +
        '(task: "sequence-classification", classes: 1).',
    );
  }
}
