// Correlation of predicted and correct numbers: scipy's pearsonr and spearmanr.

import { sameLength } from "./class-scores.ts";

/**
 * Pearson's correlation of two lists of equal length, −1 to 1; NaN if all numbers of one list are equal.
 *
 * @throws ExampleError for lists of two lengths.
 */
export function pearson(predictions: ArrayLike<number>, labels: ArrayLike<number>): number {
  const count = sameLength(predictions, labels);
  const [predictedMean, labelMean] = [meanOf(predictions), meanOf(labels)];
  let [together, ofPredictions, ofLabels] = [0, 0, 0];
  for (let index = 0; index < count; index += 1) {
    const [x, y] = [(predictions[index] ?? 0) - predictedMean, (labels[index] ?? 0) - labelMean];
    together += x * y;
    ofPredictions += x * x;
    ofLabels += y * y;
  }
  return together / Math.sqrt(ofPredictions * ofLabels);
}

/**
 * Spearman's correlation: Pearson's correlation of the ranks. Equal numbers have the mean of their ranks.
 *
 * @throws ExampleError for lists of two lengths.
 */
export function spearman(predictions: ArrayLike<number>, labels: ArrayLike<number>): number {
  sameLength(predictions, labels);
  return pearson(ranksOf(predictions), ranksOf(labels));
}

function meanOf(values: ArrayLike<number>): number {
  return Array.from(values).reduce((sum, value) => sum + value, 0) / values.length;
}

function ranksOf(values: ArrayLike<number>): Float64Array {
  const order = Array.from(values, (_, index) => index).sort((a, b) => (values[a] ?? 0) - (values[b] ?? 0));
  const ranks = new Float64Array(values.length);
  for (let from = 0; from < order.length; ) {
    let end = from + 1;
    while (end < order.length && values[order[end] ?? 0] === values[order[from] ?? 0]) end += 1;
    for (const index of order.slice(from, end)) ranks[index] = (from + end - 1) / 2;
    from = end;
  }
  return ranks;
}
