// Metrics of classifiers: scikit-learn's accuracy_score, f1_score and matthews_corrcoef, with 0 for a division by 0.

import { ExampleError } from "../errors.ts";

/** Scores of a classifier that gives each row, or each token, one class. */
export interface ClassScores {
  /** The share of correct classes, 0 to 1. */
  readonly accuracy: number;
  /** With two classes: F1 of class 1; else the mean of all classes' F1. */
  readonly f1: number;
  /** Matthews correlation coefficient, −1 to 1; for more than two classes as in scikit-learn (Gorodkin 2004). */
  readonly matthews: number;
}

/** Scores of a multi-label classifier. */
export interface LabelScores {
  /** The share of rows with exactly the right classes, 0 to 1. */
  readonly accuracy: number;
  /** F1 of all decisions together. */
  readonly f1Micro: number;
  /** The mean of all classes' F1, with 0 for a class that is neither predicted nor a label. */
  readonly f1Macro: number;
}

/**
 * Scores the predicted class of each row.
 *
 * @throws ExampleError for lists of two lengths.
 */
export function classScores(predictions: ArrayLike<number>, labels: ArrayLike<number>, classes: number): ClassScores {
  const total = sameLength(predictions, labels);
  const confusion = Array.from({ length: classes }, () => new Float64Array(classes));
  for (let row = 0; row < total; row += 1) {
    const counts = confusion[labels[row] ?? 0];
    if (counts !== undefined) counts[predictions[row] ?? 0] = (counts[predictions[row] ?? 0] ?? 0) + 1;
  }
  const labelCounts = confusion.map((counts) => sumOf(counts));
  const predictedCounts = confusion.map((_, label) => sumOf(confusion.map((counts) => counts[label] ?? 0)));
  const hits = confusion.map((counts, label) => counts[label] ?? 0);
  const f1s = hits.map((hit, label) => f1Of(hit, predictedCounts[label] ?? 0, labelCounts[label] ?? 0));
  const correct = sumOf(hits);
  const chance = sumOf(predictedCounts.map((count, label) => count * (labelCounts[label] ?? 0)));
  const spread = (counts: readonly number[]) => total * total - sumOf(counts.map((count) => count * count));
  const scale = Math.sqrt(spread(predictedCounts) * spread(labelCounts));
  // scikit-learn leaves out classes that are in neither list.
  const presentF1s = f1s.filter((_, label) => (predictedCounts[label] ?? 0) + (labelCounts[label] ?? 0) > 0);
  return {
    accuracy: correct / total,
    f1: classes === 2 ? (f1s[1] ?? 0) : sumOf(presentF1s) / presentF1s.length,
    matthews: scale === 0 ? 0 : (correct * total - chance) / scale,
  };
}

/**
 * Scores the predicted classes of each row.
 *
 * @throws ExampleError for lists of two lengths.
 */
export function labelScores(
  predictions: readonly (readonly number[])[],
  labels: readonly (readonly number[])[],
  classes: number,
): LabelScores {
  const total = sameLength(predictions, labels);
  const [hits, predictedCounts, labelCounts] = [0, 1, 2].map(() => new Float64Array(classes)) as [
    Float64Array,
    Float64Array,
    Float64Array,
  ];
  let whole = 0;
  for (const [row, classesOfRow] of predictions.entries()) {
    const [predicted, wanted] = [new Set(classesOfRow), new Set(labels[row])];
    for (const label of predicted) predictedCounts[label] = (predictedCounts[label] ?? 0) + 1;
    for (const label of wanted) labelCounts[label] = (labelCounts[label] ?? 0) + 1;
    const common = [...predicted].filter((label) => wanted.has(label));
    for (const label of common) hits[label] = (hits[label] ?? 0) + 1;
    if (common.length === predicted.size && common.length === wanted.size) whole += 1;
  }
  const f1s = Array.from(hits, (hit, label) => f1Of(hit, predictedCounts[label] ?? 0, labelCounts[label] ?? 0));
  return {
    accuracy: whole / total,
    f1Micro: f1Of(sumOf(hits), sumOf(predictedCounts), sumOf(labelCounts)),
    f1Macro: sumOf(f1s) / classes,
  };
}

/** The common length of two lists. Throws ExampleError if they differ. */
export function sameLength({ length }: ArrayLike<unknown>, labels: ArrayLike<unknown>): number {
  if (length === labels.length) return length;
  throw new ExampleError(`Predictions: ${length}, labels: ${labels.length}; expected the same number of both.`);
}

function f1Of(hits: number, predicted: number, actual: number): number {
  return predicted + actual === 0 ? 0 : (2 * hits) / (predicted + actual);
}

function sumOf(values: Iterable<number>): number {
  let sum = 0;
  for (const value of values) sum += value;
  return sum;
}
