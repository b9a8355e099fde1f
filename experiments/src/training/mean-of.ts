// Losses of steps and figures of seeds are told by their mean.

export function meanOf(values: readonly number[]): number {
  return values.reduce((sum, value) => sum + value, 0) / values.length;
}
