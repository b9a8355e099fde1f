// Cross-encoders (rerankers): one score for each pair of a query and a text. The loss of a batch of pairs,
// and the rank that relevant texts get.

import type { ForwardContext } from "@lowrank/contracts";
import type { Example, TokenBatch } from "@lowrank/data";
import { pearson, rankingScores, spearman } from "@lowrank/data/internal";
import { batchTensors, type PretrainedModel } from "@lowrank/models";
import * as tf from "@tensorflow/tfjs-core";
import { WrongTaskError } from "../../errors/model-errors.ts";
import { type MeasuredData, measuredBatches } from "../../rows/measured-batches.ts";
import { classification } from "../classification/classification.ts";
import type { ComparisonScores } from "../embeddings/measure-comparisons.ts";
import { headLoss } from "../head-loss/head-loss.ts";
import type { LearningPlan, Measuring, Objective } from "../objective.ts";

export const ranking: Objective = {
  ...classification,
  rows: "a query and a judged text",
  takes: (row) => row.kind === "sentence" && row.search !== undefined,
  refuse({ modelType, task, config }) {
    if (config.labels === 1) return;
    const advice = `It has ${config.labels} classes. Open it with { classes: 1 }.`;
    throw new WrongTaskError(modelType, task, "Ranking texts", advice, "a model with one score for each pair");
  },
  // Labels outside 0 to 1 are no probabilities, so the model learns a regression.
  plan: (_, { train }) => (train.some(isOutside) ? headLoss : byPairs),
};

/** Binary cross-entropy, as sentence-transformers' BinaryCrossEntropyLoss. */
const byPairs: LearningPlan = {
  kind: "ranking",
  words: "yes or no, for each pair of a search",
  loss: (model, batch, { context }) => tf.tidy(() => tf.mean(judged(model, batch, context).losses)),
  measure: measurePairs,
};

/** Whether a model gives each text or pair of texts one score: a cross-encoder or a reward model. */
export function givesOneScore({ task, config }: Pick<PretrainedModel, "task" | "config">): boolean {
  return task === "sequence-classification" && config.labels === 1;
}

function isOutside(row: Example): boolean {
  return row.kind === "sentence" && !(Number(row.label) >= 0 && Number(row.label) <= 1);
}

interface Judged {
  readonly score: number;
  readonly label: number;
}

/** The loss and the rank of relevant texts for each query; for labels between 0 and 1, the correlation of scores and labels. */
async function measurePairs(
  model: PretrainedModel,
  data: MeasuredData,
  { context, signal, onRows }: Measuring,
): Promise<{ readonly loss: number } & ComparisonScores> {
  const searches = new Map<number, Judged[]>();
  let total = 0;
  let count = 0;
  for (const batch of measuredBatches(data)) {
    signal?.throwIfAborted();
    const { losses, logits } = tf.tidy(() => judged(model, batch, context));
    const [ofRows, scores] = await Promise.all([losses.data<"float32">(), logits.data<"float32">()]);
    tf.dispose([losses, logits]);
    for (const [row, score] of scores.entries()) {
      const search = batch.searches?.[row] ?? -1;
      searches.set(search, [...(searches.get(search) ?? []), { score, label: batch.labels[row] ?? Number.NaN }]);
    }
    total += ofRows.reduce((sum, loss) => sum + loss, 0);
    count += ofRows.length;
    onRows?.(batch.rows);
  }
  return { loss: total / count, ...scoresOf([...searches.values()]) };
}

/** Losses and logits, [rows] each. */
function judged(
  model: PretrainedModel,
  batch: TokenBatch,
  context: ForwardContext,
): { readonly losses: tf.Tensor1D; readonly logits: tf.Tensor1D } {
  const { labels, ...inputs } = batchTensors(batch);
  const logits = tf.reshape<tf.Rank.R1>(model.forward(inputs, context), [-1]);
  // log(1 + e^x) − x·t
  const losses = tf.sub<tf.Tensor1D>(tf.softplus(logits), tf.mul(logits, tf.reshape(labels, [-1])));
  return { losses, logits };
}

function scoresOf(searches: readonly (readonly Judged[])[]): ComparisonScores {
  const all = searches.flat();
  if (all.some(({ label }) => label !== 0 && label !== 1)) {
    const [given, right] = [all.map(({ score }) => score), all.map(({ label }) => label)];
    return { pearson: pearson(given, right), spearman: spearman(given, right) };
  }
  const mixed = searches.filter(
    (pairs) => pairs.some(({ label }) => label === 1) && pairs.some(({ label }) => label === 0),
  );
  return mixed.length === 0 ? {} : rankingScores(mixed.map(ranksOf));
}

/** Ranks of a query's relevant texts among its pairs, counted from 1; ties get the later rank. */
function ranksOf(pairs: readonly Judged[]): readonly number[] {
  const wrong = pairs.filter(({ label }) => label === 0);
  const right = pairs.filter(({ label }) => label === 1).sort((one, other) => other.score - one.score);
  return right.map(({ score }, before) => 1 + before + wrong.filter((other) => other.score >= score).length);
}
