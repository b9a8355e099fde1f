// Which rows of a batch each of several processes computes.

/** One of the processes. */
export interface BatchShare {
  /** Counted from 0. */
  readonly rank: number;
  readonly size: number;
}

/**
 * The rows of one process, in their order: the longest row first, each goes to whoever has the fewest tokens so far, since all wait
 * for the slowest. Together the shares are the batch, and none has a row of another's.
 */
export function shareOfBatch<Row>(
  rows: readonly Row[],
  tokensOf: (row: Row) => number,
  { rank, size }: BatchShare,
): Row[] {
  const tokens = rows.map(tokensOf);
  const longestFirst = rows.map((_, index) => index).sort((a, b) => (tokens[b] ?? 0) - (tokens[a] ?? 0) || a - b);
  const loads = new Array<number>(size).fill(0);
  const own = new Set<number>();
  for (const index of longestFirst) {
    const least = loads.indexOf(Math.min(...loads));
    // A row takes time beside its tokens, and rows of pictures have none.
    loads[least] = (loads[least] ?? 0) + (tokens[index] ?? 0) + 1;
    if (least === rank) own.add(index);
  }
  return rows.filter((_, index) => own.has(index));
}
