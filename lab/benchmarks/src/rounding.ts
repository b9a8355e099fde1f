// The figures of a result: the middle of several, and how exact they are.

/** Times and sizes: two decimals. */
export function rounded(value: number): number {
  return Math.round(value * 100) / 100;
}

/** Ours : the peer's, three decimals. */
export function ratioOf(ours: number, peer: number): number {
  return Math.round((ours / peer) * 1000) / 1000;
}

export function median(values: readonly number[]): number {
  const sorted = [...values].sort((one, other) => one - other);
  const middle = sorted.length / 2;
  const [low = Number.NaN, high = Number.NaN] = [sorted[Math.ceil(middle) - 1], sorted[Math.floor(middle)]];
  return (low + high) / 2;
}

export function rangeOf(values: readonly number[]): readonly [min: number, max: number] {
  return [rounded(Math.min(...values)), rounded(Math.max(...values))];
}
