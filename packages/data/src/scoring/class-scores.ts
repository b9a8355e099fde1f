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
  /** The mean of all classes' F1, with 0 for a class that is never given nor right. */
  readonly f1Macro: number;
}

/**
 * Scores classes given to rows.
 *
 * @throws ExampleError for lists of two lengths.
 * @example
 * ```ts
 * import { classScores } from "@lowrank/data";
 *
 * const { accuracy } = classScores([0, 1, 1, 0], [0, 1, 0, 0], 2);
 * if (accuracy !== 0.75) throw new Error("three of four are right");
 * ```
 */
export function classScores(given: ArrayLike<number>, right: ArrayLike<number>, classes: number): ClassScores {
  const total = sameLength(given, right);
  const confusion = Array.from({ length: classes }, () => new Float64Array(classes));
  for (let row = 0; row < total; row += 1) {
    const counts = confusion[right[row] ?? 0];
    if (counts !== undefined) counts[given[row] ?? 0] = (counts[given[row] ?? 0] ?? 0) + 1;
  }
  const rightOf = confusion.map((counts) => sumOf(counts));
  const givenOf = confusion.map((_, own) => sumOf(confusion.map((counts) => counts[own] ?? 0)));
  const hits = confusion.map((counts, own) => counts[own] ?? 0);
  const f1s = hits.map((hit, own) => f1Of(hit, givenOf[own] ?? 0, rightOf[own] ?? 0));
  const correct = sumOf(hits);
  const chance = sumOf(givenOf.map((count, own) => count * (rightOf[own] ?? 0)));
  const spread = (counts: readonly number[]) => total * total - sumOf(counts.map((count) => count * count));
  const scale = Math.sqrt(spread(givenOf) * spread(rightOf));
  // scikit-learn leaves out classes that are in neither list.
  const seen = f1s.filter((_, own) => (givenOf[own] ?? 0) + (rightOf[own] ?? 0) > 0);
  return {
    accuracy: correct / total,
    f1: classes === 2 ? (f1s[1] ?? 0) : sumOf(seen) / seen.length,
    matthews: scale === 0 ? 0 : (correct * total - chance) / scale,
  };
}

/**
 * Scores sets of classes given to rows.
 *
 * @throws ExampleError for lists of two lengths.
 * @example
 * ```ts
 * import { labelScores } from "@lowrank/data";
 *
 * const { f1Micro } = labelScores([[0, 2], []], [[0, 2], []], 3);
 * if (f1Micro !== 1) throw new Error("all are right");
 * ```
 */
export function labelScores(
  given: readonly (readonly number[])[],
  right: readonly (readonly number[])[],
  classes: number,
): LabelScores {
  const total = sameLength(given, right);
  const [hits, givenOf, rightOf] = [0, 1, 2].map(() => new Float64Array(classes)) as [
    Float64Array,
    Float64Array,
    Float64Array,
  ];
  let whole = 0;
  for (const [row, labels] of given.entries()) {
    const [own, wanted] = [new Set(labels), new Set(right[row])];
    for (const label of own) givenOf[label] = (givenOf[label] ?? 0) + 1;
    for (const label of wanted) rightOf[label] = (rightOf[label] ?? 0) + 1;
    const common = [...own].filter((label) => wanted.has(label));
    for (const label of common) hits[label] = (hits[label] ?? 0) + 1;
    if (common.length === own.size && common.length === wanted.size) whole += 1;
  }
  const f1s = Array.from(hits, (hit, own) => f1Of(hit, givenOf[own] ?? 0, rightOf[own] ?? 0));
  return {
    accuracy: whole / total,
    f1Micro: f1Of(sumOf(hits), sumOf(givenOf), sumOf(rightOf)),
    f1Macro: sumOf(f1s) / classes,
  };
}

/** The common length of two lists. Throws ExampleError if they differ. */
export function sameLength(given: ArrayLike<unknown>, right: ArrayLike<unknown>): number {
  if (given.length === right.length) return given.length;
  throw new ExampleError(`Predictions: ${given.length}, labels: ${right.length}; expected the same number of both.`);
}

function f1Of(hits: number, given: number, right: number): number {
  return given + right === 0 ? 0 : (2 * hits) / (given + right);
}

function sumOf(values: Iterable<number>): number {
  let sum = 0;
  for (const value of values) sum += value;
  return sum;
}
