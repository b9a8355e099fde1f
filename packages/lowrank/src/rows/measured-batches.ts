// Batches for measuring a data set: every row once, grouped by length.

import { batches, type TokenBatch } from "@lowrank/data";
import { decodedBatches, type RowList, type TokenizedExample } from "@lowrank/data/internal";
import type { RowMedia } from "../run-folder.ts";

export interface MeasuredData {
  readonly examples: RowList<TokenizedExample>;
  readonly batchSize: number;
  readonly padId: number;
}

/** The same for rows that may have images or recordings. */
export interface MeasuredFiles extends MeasuredData {
  readonly media?: Pick<RowMedia, "open"> | undefined;
}

/** In an order without a random seed. */
export function measuredBatches({ examples, batchSize, padId }: MeasuredData): Iterable<TokenBatch> {
  return batches(examples, { batchSize, padId, shuffle: false, groupByLength: true });
}

/** The same for rows whose files are opened with their batch. */
export function measuredWithFiles({
  media,
  ...data
}: MeasuredFiles): Iterable<TokenBatch> | AsyncGenerator<TokenBatch, void, undefined> {
  const { examples, batchSize, padId } = data;
  if (media === undefined) return measuredBatches(data);
  const order = { batchSize, padId, shuffle: false, groupByLength: true };
  return decodedBatches(examples, { ...order, open: (row) => media.open(row) });
}
