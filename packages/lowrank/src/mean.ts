// The mean of numbers: rewards, losses and preferences report it.

/** Of no values NaN. */
export function mean(values: readonly number[]): number {
  return values.reduce((sum, value) => sum + value, 0) / values.length;
}
