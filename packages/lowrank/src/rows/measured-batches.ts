// The batches of a data set that is measured on: every row once, rows of like length together.

import { batches, decodedBatches, type RowList, type TokenBatch, type TokenizedExample } from "@lowrank/data";
import type { RowMedia } from "../run-folder.ts";

export interface MeasuredData {
  readonly examples: RowList<TokenizedExample>;
  readonly batchSize: number;
  readonly padId: number;
}

/** The same, of rows that may have pictures or recordings. */
export interface MeasuredFiles extends MeasuredData {
  readonly media?: Pick<RowMedia, "open"> | undefined;
}

/** In an order that no seed changes. */
export function measuredBatches({ examples, batchSize, padId }: MeasuredData): Iterable<TokenBatch> {
  return batches(examples, { batchSize, padId, shuffle: false, groupByLength: true });
}

/** The same of rows whose files are opened with their batch. */
export function measuredWithFiles({
  media,
  ...data
}: MeasuredFiles): Iterable<TokenBatch> | AsyncGenerator<TokenBatch, void, undefined> {
  const { examples, batchSize, padId } = data;
  if (media === undefined) return measuredBatches(data);
  const order = { batchSize, padId, shuffle: false, groupByLength: true };
  return decodedBatches(examples, { ...order, open: (row) => media.open(row) });
}
