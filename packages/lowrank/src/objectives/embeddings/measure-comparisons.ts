// How well embeddings find related texts, or agree with people's similarity scores.

import type { ForwardContext } from "@lowrank/contracts";
import { padBatch } from "@lowrank/data";
import {
  type ComparedTexts,
  pearson,
  type RankingScores,
  type RowList,
  rankingScores,
  spearman,
  type TokenizedExample,
} from "@lowrank/data/internal";
import { batchTensors, type PretrainedModel } from "@lowrank/models";
import type { EmbeddingSettings } from "@lowrank/models/internal";
import * as tf from "@tensorflow/tfjs-core";

export type ComparisonScores = Partial<RankingScores> & { readonly pearson?: number; readonly spearman?: number };

export interface ComparisonMeasurement {
  readonly examples: RowList<TokenizedExample>;
  readonly settings: EmbeddingSettings;
  readonly batchSize: number;
  readonly padId: number;
  readonly context: ForwardContext;
  readonly signal?: AbortSignal | undefined;
}

/** For scored pairs, the correlation of cosines and scores; for related texts, the rank at which each first text finds its own. */
export async function measureComparisons(
  model: PretrainedModel,
  measurement: ComparisonMeasurement,
): Promise<ComparisonScores> {
  const rows = measurement.examples.flatMap((example) => (example.kind === "comparison" ? [example] : []));
  const texts = [...new Map(rows.flatMap(textsOf).map((ids) => [ids.join(), ids])).values()];
  const places = new Map(texts.map((ids, place) => [ids.join(), place]));
  const placeOf = (ids: readonly number[]) => places.get(ids.join()) ?? 0;
  const embeddings = await embedded(model, texts, measurement); // [texts, width], of length 1
  try {
    if (rows[0]?.score === undefined) return rankingScores(await searches(rows, embeddings, placeOf));
    const pairs = rows.map(({ inputIds, others: [second = []] }) => [placeOf(inputIds), placeOf(second)] as const);
    const cosines = await tf
      .tidy(() => {
        const of = (side: 0 | 1) =>
          tf.gather(
            embeddings,
            tf.tensor1d(
              pairs.map((pair) => pair[side]),
              "int32",
            ),
          );
        return tf.sum(tf.mul(of(0), of(1)), 1);
      })
      .data();
    const scores = rows.map(({ score = Number.NaN }) => score);
    return { pearson: pearson(cosines, scores), spearman: spearman(cosines, scores) };
  } finally {
    embeddings.dispose();
  }
}

function textsOf({ inputIds, others }: ComparedTexts): readonly (readonly number[])[] {
  return [inputIds, ...others];
}

async function embedded(
  model: PretrainedModel,
  texts: readonly (readonly number[])[],
  { settings, batchSize, padId, context, signal }: ComparisonMeasurement,
): Promise<tf.Tensor2D> {
  const order = [...texts.keys()].sort((one, other) => (texts[one]?.length ?? 0) - (texts[other]?.length ?? 0));
  let width = 0;
  let values = new Float32Array();
  for (let start = 0; start < order.length; start += batchSize) {
    signal?.throwIfAborted();
    const chosen = order.slice(start, start + batchSize);
    const batch = padBatch(
      chosen.map((place) => ({ kind: "classified", inputIds: texts[place] ?? [], label: 0 })),
      { padId },
    );
    const rows = tf.tidy(() => {
      const { labels: _, ...inputs } = batchTensors(batch);
      return model.embed(inputs, { ...settings, isNormalized: true }, context);
    });
    width = rows.shape[1];
    if (values.length === 0) values = new Float32Array(texts.length * width);
    const vectors = await rows.data();
    rows.dispose();
    for (const [row, place] of chosen.entries())
      values.set(vectors.subarray(row * width, (row + 1) * width), place * width);
  }
  return tf.tensor2d(values, [texts.length, width]);
}

/** Number of texts whose scores are in memory at once. */
const scoresAtOnce = 2 ** 22;

/** For each different first text, the ranks of its related texts. */
async function searches(
  rows: readonly ComparedTexts[],
  embeddings: tf.Tensor2D,
  placeOf: (ids: readonly number[]) => number,
): Promise<readonly (readonly number[])[]> {
  const corpus = [...new Set(rows.flatMap(({ others }) => others.map(placeOf)))];
  const column = new Map(corpus.map((place, at) => [place, at]));
  const answers = new Map<number, Set<number>>();
  for (const {
    inputIds,
    others: [answer = []],
  } of rows) {
    const queryIndex = placeOf(inputIds);
    answers.set(queryIndex, (answers.get(queryIndex) ?? new Set()).add(column.get(placeOf(answer)) ?? 0));
  }
  const queries = [...answers.keys()];
  const chunk = Math.max(1, Math.floor(scoresAtOnce / corpus.length));
  const found: number[][] = [];
  for (let start = 0; start < queries.length; start += chunk) {
    const queriesOfChunk = queries.slice(start, start + chunk);
    const scores = tf.tidy(() => {
      const rowsAt = (list: readonly number[]) => tf.gather(embeddings, tf.tensor1d([...list], "int32"));
      return tf.matMul(rowsAt(queriesOfChunk), rowsAt(corpus), false, true); // [queries, corpus]
    });
    const values = await scores.data();
    scores.dispose();
    for (const [row, query] of queriesOfChunk.entries()) {
      const rowScores = values.subarray(row * corpus.length, (row + 1) * corpus.length);
      found.push([...(answers.get(query) ?? [])].map((at) => placeAmong(rowScores, at)));
    }
  }
  return found;
}

/** Counted from 1; earlier texts win ties. */
function placeAmong(scores: ArrayLike<number>, at: number): number {
  const target = scores[at] ?? Number.NaN;
  let before = 1;
  for (let other = 0; other < scores.length; other += 1) {
    const score = scores[other] ?? 0;
    if (score > target || (score === target && other < at)) before += 1;
  }
  return before;
}
