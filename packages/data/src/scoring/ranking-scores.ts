// Metrics of search: how high the relevant texts are ranked.

/** Scores of several searches; shares from 0 to 1. */
export interface RankingScores {
  /** The share of relevant texts among the first N results; the mean over searches. */
  readonly recallAt1: number;
  readonly recallAt5: number;
  readonly recallAt10: number;
  /** Mean reciprocal rank of the first relevant text, with 0 from rank 11 on. */
  readonly mrrAt10: number;
  /** Normalized discounted cumulative gain of the first ten results, with gain 1/log2(rank + 1); the mean over searches. */
  readonly ndcgAt10: number;
}

/**
 * Scores of searches. Each search is the list of ranks, counted from 1, of its relevant texts. The definitions are those of
 * sentence-transformers' InformationRetrievalEvaluator and CrossEncoderRerankingEvaluator. NaN without searches.
 */
export function rankingScores(searches: readonly (readonly number[])[]): RankingScores {
  const mean = (score: (ranks: readonly number[]) => number) =>
    searches.reduce((sum, ranks) => sum + score(ranks), 0) / searches.length;
  const recallAt = (max: number) =>
    mean((ranks) => ranks.filter((rank) => rank <= max).length / Math.max(1, ranks.length));
  return {
    recallAt1: recallAt(1),
    recallAt5: recallAt(5),
    recallAt10: recallAt(10),
    ndcgAt10: mean((ranks) => {
      const best = ranks.map((_, index) => index + 1);
      return ranks.length === 0 ? 0 : gain(ranks) / gain(best);
    }),
    mrrAt10: mean((ranks) => {
      const first = ranks.reduce((min, rank) => Math.min(min, rank), Number.POSITIVE_INFINITY);
      return first <= 10 ? 1 / first : 0;
    }),
  };
}

function gain(ranks: readonly number[]): number {
  return ranks.reduce((sum, rank) => (rank > 10 ? sum : sum + 1 / Math.log2(rank + 1)), 0);
}
