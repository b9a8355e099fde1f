// Losses for embeddings: matching texts should be closer than others. The formulas are those of sentence-transformers 6.2.

import { crossEntropy } from "@lowrank/engine";
import { recompute } from "@lowrank/engine/internal";
import * as tf from "@tensorflow/tfjs-core";
import { modelInputError } from "../errors.ts";
import { normalized } from "./pooled-embeddings.ts";

/** The embeddings of one column of texts, [rows, width]. */
type Embeddings = tf.Tensor2D;

/**
 * MultipleNegativesRankingLoss (Henderson et al. 2017): each anchor has to find its own positive among all positives and
 * negatives of the batch. The mean over anchors; `scale` multiplies cosines. The scores of `anchorsAtOnce` anchors (default: all)
 * exist at a time, and again in the backward pass.
 *
 * @throws MODEL_INPUT if the columns have different numbers of rows.
 */
export function rankingLoss(
  { anchors, positives, negatives = [] }: Ranked,
  { scale = 20, anchorsAtOnce }: { readonly scale?: number; readonly anchorsAtOnce?: number | undefined } = {},
): tf.Scalar {
  checkRows([anchors, positives, ...negatives]);
  const [rows] = anchors.shape;
  const size = anchorsAtOnce ?? rows;
  return tf.tidy(() => {
    const answers = normalized(tf.concat([positives, ...negatives], 0)); // [columns · rows, width]
    const queries = normalized(anchors);
    const sums: tf.Tensor[] = [];
    for (let start = 0; start < rows; start += size) {
      const chunk = tf.slice2d(queries, [start, 0], [Math.min(size, rows - start), -1]);
      const compute = (query: tf.Tensor = chunk, answer: tf.Tensor = answers) => {
        const scores = tf.mul<tf.Tensor2D>(tf.matMul(query, answer, false, true), scale);
        return crossEntropy(scores, tf.range(start, start + chunk.shape[0], 1, "int32"), "sum");
      };
      sums.push(size < rows ? recompute({ compute, inputs: [chunk, answers], variables: [] }) : compute());
    }
    return tf.reshape<tf.Rank.R0>(tf.div(tf.addN(sums), rows), []);
  });
}

/** Columns of texts: in each row the first should be close to the second and far from all others. */
export interface Ranked {
  readonly anchors: Embeddings;
  readonly positives: Embeddings;
  /** One column for each negative of a row; they count for every anchor. */
  readonly negatives?: readonly Embeddings[];
}

/** Pairs of texts with their similarity. */
export interface Scored {
  readonly first: Embeddings;
  readonly second: Embeddings;
  /** One for each row. */
  readonly scores: readonly number[];
}

/**
 * CosineSimilarityLoss: the mean squared difference between a pair's cosine and its score, from −1 to 1.
 *
 * @throws MODEL_INPUT if columns and scores have different numbers of rows.
 */
export function cosineLoss({ first, second, scores }: Scored): tf.Scalar {
  checkRows([first, second], scores.length);
  return tf.tidy(() => tf.mean(tf.squaredDifference(cosines(first, second), tf.tensor1d([...scores]))));
}

/**
 * CoSENTLoss (Huang et al. 2024): pairs with higher scores should be more similar than pairs with lower scores, log(1 + Σ
 * exp(scale·(cosine of the lower − cosine of the higher))). `scale` multiplies cosines.
 *
 * @throws MODEL_INPUT if columns and scores have different numbers of rows.
 */
export function orderLoss(
  { first, second, scores }: Scored,
  { scale = 20 }: { readonly scale?: number } = {},
): tf.Scalar {
  checkRows([first, second], scores.length);
  return tf.tidy(() => {
    const similarities = tf.mul(cosines(first, second), scale);
    // For each two pairs: how much more similar the pair with the lower score is.
    const excess = tf.sub(tf.expandDims(similarities, 1), tf.expandDims(similarities, 0));
    const counts = scores.map((score) => scores.map((other) => (score < other ? 0 : Number.NEGATIVE_INFINITY)));
    const terms = tf.reshape(tf.add(excess, tf.tensor2d(counts)), [-1]);
    return tf.logSumExp(tf.concat([tf.zeros([1]), terms]));
  });
}

/** Columns of texts: in each row the first should be closer to the second than to the third. */
export interface Triplets {
  readonly anchors: Embeddings;
  readonly positives: Embeddings;
  readonly negatives: Embeddings;
}

/**
 * TripletLoss (Hermans et al. 2017): a negative should be `margin` farther from the anchor than the positive; the mean of
 * the shortfall, in Euclidean distances.
 *
 * @throws MODEL_INPUT if the columns have different numbers of rows.
 */
export function tripletLoss(
  { anchors, positives, negatives }: Triplets,
  { margin = 5 }: { readonly margin?: number } = {},
): tf.Scalar {
  checkRows([anchors, positives, negatives]);
  return tf.tidy(() => {
    const missing = tf.sub(distances(anchors, positives), distances(anchors, negatives));
    return tf.mean(tf.relu(tf.add(missing, margin)));
  });
}

/** The cosine of each row's two embeddings: [rows]. */
function cosines(first: Embeddings, second: Embeddings): tf.Tensor1D {
  return tf.sum<tf.Tensor1D>(tf.mul(normalized(first), normalized(second)), 1);
}

/** The Euclidean distance of each row's two embeddings. At distance 0, where the root has no derivative, the gradient is 0. */
function distances(first: Embeddings, second: Embeddings): tf.Tensor1D {
  const squares = tf.sum<tf.Tensor1D>(tf.squaredDifference(first, second), 1);
  return tf.sqrt(tf.maximum<tf.Tensor1D>(squares, 1e-24));
}

function checkRows(columns: readonly Embeddings[], scores?: number): void {
  const counts = [...columns.map(({ shape }) => shape[0]), ...(scores === undefined ? [] : [scores])];
  if (counts.every((count) => count === counts[0])) return;
  throw modelInputError("embeddings", `columns have ${counts.join(", ")} rows, expected the same number in each`);
}
