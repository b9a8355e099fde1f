// A batch of texts is a rectangle as wide as its longest row. Computations on single positions can skip the padding: this
// plans which tokens remain, and in which order.

/** Neighbouring rows of equal length, which attention sees together. */
export interface RowGroup {
  readonly rows: number;
  readonly time: number;
}

/** The tokens of a batch without its padding, row after row, the shortest row first. */
export interface Packing {
  /** For each token, its index among batch·time positions. */
  readonly tokens: readonly number[];
  /** For each of batch·time positions, the index of its token; −1 for padding. */
  readonly tokenOf: Int32Array;
  /** Groups of rows; together, all tokens in order. */
  readonly groups: readonly RowGroup[];
  /** If rows share tokens: the token's index for each position in the groups. */
  readonly shared?: readonly number[];
}

/**
 * Undefined if padding must stay: a row has a gap, so that distances between tokens would change, or a wanted state
 * is padding. Without any padding, all positions are tokens, and attention takes all rows at once without a padding mask; in a
 * rectangle it would take them one by one. `mask` is 1 or 0 [batch·time]; `wanted` are positions in it. With `ids` [batch·time],
 * rows share the tokens of a common beginning in the same columns.
 */
export function planPacking(
  mask: ArrayLike<number>,
  [batch, time]: readonly [number, number],
  wanted: readonly number[],
  ids?: ArrayLike<number>,
): Packing | undefined {
  const rows = Array.from({ length: batch }, (_, row) => rowOf(mask, row * time, time));
  const count = rows.reduce((sum, { length }) => sum + length, 0);
  if (count === 0 || rows.some(({ hasGap }) => hasGap)) return undefined;
  const sorted = rows.filter(({ length }) => length > 0).sort((one, other) => one.length - other.length);
  const tokens: number[] = [];
  const shared: number[] = [];
  const tokenOf = new Int32Array(batch * time).fill(-1);
  const tokenOfPrefix = new Map<string, number>();
  for (const { first, length } of sorted) {
    let before = -1 - (first % time); // a row begins in a column
    for (let position = first; position < first + length; position++) {
      const key = ids === undefined ? "" : `${before} ${ids[position]}`;
      const token = tokenOfPrefix.get(key) ?? tokens.push(position) - 1;
      if (ids !== undefined) tokenOfPrefix.set(key, token);
      tokenOf[position] = token;
      shared.push(token);
      before = token;
    }
  }
  if (wanted.some((state) => tokenOf[state] === -1)) return undefined;
  const groups = groupsOf(sorted.map(({ length }) => length));
  return { tokens, tokenOf, groups, ...(tokens.length < count && { shared }) };
}

interface Row {
  /** The index of its first token among batch·time positions. */
  readonly first: number;
  readonly length: number;
  readonly hasGap: boolean;
}

function rowOf(mask: ArrayLike<number>, start: number, time: number): Row {
  let [first, last, count] = [start, start - 1, 0];
  for (let position = start; position < start + time; position++) {
    if (!mask[position]) continue;
    if (count === 0) first = position;
    last = position;
    count++;
  }
  return { first, length: count, hasGap: last - first + 1 !== count };
}

function groupsOf(lengths: readonly number[]): readonly RowGroup[] {
  const counts = new Map<number, number>();
  for (const length of lengths) counts.set(length, (counts.get(length) ?? 0) + 1);
  return [...counts].map(([time, rows]) => ({ rows, time }));
}
