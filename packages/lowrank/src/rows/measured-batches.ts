// The batches of a data set that is measured on: every row once, rows of like length together.

import { batches, type RowList, type TokenBatch, type TokenizedExample } from "@lowrank/data";

/** What to measure on. */
export interface MeasuredData {
  readonly examples: RowList<TokenizedExample>;
  readonly batchSize: number;
  readonly padId: number;
}

/** In an order that no seed changes. */
export function measuredBatches({ examples, batchSize, padId }: MeasuredData): Iterable<TokenBatch> {
  return batches(examples, { batchSize, padId, shuffle: false, groupByLength: true });
}
