// Batches of images and recordings, which are decoded when a batch needs them. At most two batches are in memory at once.

import { refuseUnknownOptions } from "@lowrank/contracts/internal";
import { ExampleError } from "../errors.ts";
import type { RowList } from "../row-list.ts";
import { isUndecoded, type TokenizedExample } from "../tokenized-example.ts";
import { type BatchOptions, batchOptionNames, batchRows } from "./batches.ts";
import { emptyBatch, padBatch, type TokenBatch } from "./pad-batch.ts";

/** How examples become batches, and how files are decoded. */
export interface DecodedBatchOptions extends BatchOptions {
  /** Returns the example with pixels or features instead of a file; undefined leaves it out of its batch. */
  open(example: TokenizedExample): Promise<TokenizedExample | undefined>;
  /**
   * How many batches at the start of the epoch are skipped, as in a resumed run. Their files are not opened, and they are empty
   * batches (`rows` is 0). Default 0.
   */
  readonly unseen?: number | undefined;
}

/**
 * The batches of `batches`, with each example decoded by `open`. The next batch is decoded while the current one is used. Throws
 * what `batches` and `open` throw, and ExampleError for a batch without any example left.
 */
export async function* decodedBatches(
  examples: RowList<TokenizedExample>,
  { open, unseen = 0, ...options }: DecodedBatchOptions,
): AsyncGenerator<TokenBatch, void, undefined> {
  refuseUnknownOptions("decodedBatches", options, batchOptionNames);
  const { padId, multipleOf = 1, firstCounts = false, share } = options;
  const batchOf = async (rows: readonly TokenizedExample[]): Promise<TokenBatch> => {
    const opened: TokenizedExample[] = [];
    for (const row of rows) {
      const decoded = isUndecoded(row) ? await open(row) : row;
      if (decoded !== undefined) opened.push(decoded);
    }
    if (opened.length > 0) return padBatch(opened, { padId, multipleOf, firstCounts });
    if (share !== undefined) return emptyBatch; // other processes have rows of this batch
    // A batch that is left out would not be counted, and a resumed run would continue at another position of the epoch.
    throw new ExampleError("No picture or recording of a whole batch could be opened. Check the files.");
  };
  let ahead: Promise<TokenBatch> | undefined;
  let number = 0;
  for (const rows of batchRows(examples, options)) {
    if (rows.length === 0 && share === undefined) continue;
    const isUnseen = number < unseen;
    number += 1;
    const next = isUnseen ? Promise.resolve(emptyBatch) : batchOf(rows);
    next.catch(() => undefined); // the error is thrown when this batch is requested
    if (ahead !== undefined) yield await ahead;
    ahead = next;
  }
  if (ahead !== undefined) yield await ahead;
}
