// How the loss of a run moved, from means of several steps: the loss of one step says more about its batch than about the run.

/** The loss at both ends of a run. */
export interface LossTrend {
  /** Means of the first and of the last steps. */
  readonly start: number;
  readonly end: number;
  /** How many steps each mean is of. */
  readonly steps: number;
  /** The standard error of the difference between the means. */
  readonly error: number;
}

/** The means of the first and the last `most` steps, by default a tenth of the run and at most 20; never of more than half of the run. */
export function lossTrend(
  losses: readonly number[],
  most = Math.min(20, Math.ceil(losses.length / 10)),
): LossTrend | undefined {
  const steps = Math.min(most, Math.max(1, Math.floor(losses.length / 2)));
  if (losses.length === 0) return undefined;
  const [start, end] = [losses.slice(0, steps), losses.slice(-steps)];
  const error = Math.sqrt((variance(start) + variance(end)) / steps);
  return { start: mean(start), end: mean(end), steps, error };
}

/** Of no values NaN. */
export function mean(values: readonly number[]): number {
  return values.reduce((sum, value) => sum + value, 0) / values.length;
}

/** Of a sample; 0 for one value. */
export function variance(values: readonly number[]): number {
  const middle = mean(values);
  const squares = values.reduce((sum, value) => sum + (value - middle) ** 2, 0);
  return squares / Math.max(1, values.length - 1);
}
