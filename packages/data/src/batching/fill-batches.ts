// Batches of as many whole rows as a number of tokens has room for. Where padding is not computed this is what others call packing:
// no row is cut, none sees another, and each batch takes about the same time and memory.

/** How much there is room for, and what a row takes of it. */
export interface Room<Row> {
  readonly tokens: number;
  tokensOf(row: Row): number;
}

/** The rows in their order, cut where the next one would not fit; one that is too large by itself is alone. */
export function* fillBatches<Row>(rows: Iterable<Row>, { tokens, tokensOf }: Room<Row>): Generator<Row[]> {
  let batch: Row[] = [];
  let taken = 0;
  for (const row of rows) {
    const more = tokensOf(row);
    if (batch.length > 0 && taken + more > tokens) {
      yield batch;
      batch = [];
      taken = 0;
    }
    batch.push(row);
    taken += more;
  }
  if (batch.length > 0) yield batch;
}
