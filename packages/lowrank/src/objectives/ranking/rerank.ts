// Reranking of search results with a cross-encoder.

import { failure } from "@lowrank/contracts/internal";
import type { PredictOptions } from "../../predict/predict-rows.ts";
import type { Prediction } from "../../predict/prediction.ts";

/** A ranked text. */
export interface RankedText {
  readonly text: string;
  /** Its index in the input, from 0. */
  readonly index: number;
  /** The model's output, higher is better; 1/(1 + e^−score) is the probability that the text is relevant. */
  readonly score: number;
}

/** A cross-encoder: an opened model, or an adapter on it. */
export interface PairJudge {
  predict(rows: readonly object[], options?: PredictOptions): AsyncIterable<Prediction>;
}

/** Options of `rerank`. */
export interface RerankOptions extends Pick<PredictOptions, "batchSize" | "maxLength" | "signal"> {
  /** Number of best texts to return; default all. */
  readonly topK?: number | undefined;
}

/**
 * Ranks texts by their relevance to a query, the best first. The model is a classifier with one output that reads pairs, such
 * as BGE's rerankers, MiniLM's cross-encoders, or one trained here on rows with "query", "positive" and "negative".
 *
 * @throws NOT_RANKING for a model that gives classes; what `predict` throws.
 * @example
 * ```ts
 * import { type OpenedModel, rerank } from "lowrank";
 *
 * export async function best(model: OpenedModel, query: string, found: readonly string[]): Promise<string | undefined> {
 *   const [first] = await rerank(model, query, found, { topK: 1 });
 *   return first?.text;
 * }
 * ```
 */
export async function rerank(
  judge: PairJudge,
  query: string,
  texts: readonly string[],
  { topK = texts.length, ...options }: RerankOptions = {},
): Promise<readonly RankedText[]> {
  const rows = texts.map((text) => ({ sentence1: query, sentence2: text }));
  const ranked: RankedText[] = [];
  for await (const { kind, prediction } of judge.predict(rows, options)) {
    if (kind !== "score" || typeof prediction !== "number") throw notRankingError(kind);
    const index = ranked.length;
    ranked.push({ text: texts[index] ?? "", index, score: prediction });
  }
  return ranked.sort((one, other) => other.score - one.score).slice(0, topK);
}

/** The model does not answer pairs of texts with one score. */
function notRankingError(/** The kind of its predictions: "class". */ answers: string) {
  return failure(
    "NOT_RANKING",
    `Ranking requires a model with one score for each pair, but this model answers with "${answers}". Open a cross-encoder, ` +
      'or train one: rows with "query", "positive" and "negative" on a classifier with one output ' +
      '(task: "sequence-classification", classes: 1).',
    { answers },
  );
}
