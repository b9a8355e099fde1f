// Compares numbers with a tolerance, and reports where they differ most.

/** The largest difference between two lists of numbers. */
export interface Difference {
  /** NaN counts as an infinite difference unless both are NaN; equal infinities differ by 0. */
  readonly difference: number;
  readonly index: number;
  readonly actual: number;
  readonly expected: number;
}

/** Largest absolute difference between two lists of the same length. Throws if their lengths differ. */
export function largestDifference(actual: ArrayLike<number>, expected: ArrayLike<number>): Difference {
  if (actual.length !== expected.length) {
    throw new Error(`Expected ${expected.length} numbers, got ${actual.length}.`);
  }
  let worst: Difference = { difference: 0, index: 0, actual: actual[0] ?? 0, expected: expected[0] ?? 0 };
  for (let index = 0; index < expected.length; index += 1) {
    const pair = { index, actual: actual[index] ?? 0, expected: expected[index] ?? 0 };
    const difference = differenceOf(pair.actual, pair.expected);
    if (difference > worst.difference) worst = { difference, ...pair };
  }
  return worst;
}

/** Throws unless all numbers agree within `tolerance` (absolute). `what` names them in the message. */
export function expectClose(
  actual: ArrayLike<number>,
  expected: ArrayLike<number>,
  tolerance: number,
  what = "values",
): void {
  const worst = largestDifference(actual, expected);
  if (worst.difference <= tolerance) return;
  throw new Error(
    `${what}: index ${worst.index} is ${worst.actual}, expected ${worst.expected}; they differ by ${worst.difference}, tolerance ${tolerance}.`,
  );
}

/** Largest absolute value: what a relative tolerance is relative to. */
export function largestMagnitude(values: ArrayLike<number>): number {
  let largest = 0;
  for (let index = 0; index < values.length; index += 1) largest = Math.max(largest, Math.abs(values[index] ?? 0));
  return largest;
}

function differenceOf(actual: number, expected: number): number {
  if (Object.is(actual, expected) || actual === expected) return 0;
  const difference = Math.abs(actual - expected);
  return Number.isNaN(difference) ? Number.POSITIVE_INFINITY : difference;
}
