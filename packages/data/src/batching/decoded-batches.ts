// Batches of pictures and recordings, which are opened when a batch draws them: in memory are those of two batches, however many
// a data set has.

import { refuseUnknownOptions } from "@lowrank/contracts";
import { ExampleError } from "../errors.ts";
import type { RowList } from "../row-list.ts";
import { isUndecoded, type TokenizedExample } from "../tokenized-example.ts";
import { type BatchOptions, batchOptionNames, batchRows } from "./batches.ts";
import { emptyBatch, padBatch, type TokenBatch } from "./pad-batch.ts";

/** How examples become batches, and who opens them. */
export interface DecodedBatchOptions extends BatchOptions {
  /** The example with pixels or sounds in place of a file; undefined: it is left out of its batch. */
  open(example: TokenizedExample): Promise<TokenizedExample | undefined>;
  /**
   * How many batches at the beginning of the epoch nobody will look at, as where a run goes on: nothing of them is opened, and they
   * come as batches of rows 0. Default 0.
   */
  readonly unseen?: number | undefined;
}

/**
 * What `batches` gives, with each example as `open` makes it; the next batch is opened while the last is used. Throws what `batches`
 * and `open` do, and ExampleError for a batch of which nothing is left.
 *
 * @example
 * ```ts
 * import { decodedBatches, type TokenizedExample } from "@lowrank/data";
 *
 * const examples = [0, 1].map((label) => ({ kind: "classified", inputIds: [], image: `${label}.png`, label }) as const);
 * const grey = { width: 1, height: 1, bytes: new Uint8Array(3), factor: 1 / 255, mean: [0, 0, 0], deviation: [1, 1, 1] };
 * const open = async (example: TokenizedExample) => ({ ...example, image: undefined, pixels: grey }) as TokenizedExample;
 * for await (const { pixelShape } of decodedBatches(examples, { batchSize: 2, padId: 0, open })) {
 *   if (pixelShape?.join() !== "2,3,1,1") throw new Error("wrong batch");
 * }
 * ```
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
      const seen = isUndecoded(row) ? await open(row) : row;
      if (seen !== undefined) opened.push(seen);
    }
    if (opened.length > 0) return padBatch(opened, { padId, multipleOf, firstCounts });
    if (share !== undefined) return emptyBatch;
    // Passed over, it would not be counted, and a run that goes on would take another place in the epoch.
    throw new ExampleError("No picture or recording of a whole batch could be opened. Check the files.");
  };
  let ahead: Promise<TokenBatch> | undefined;
  let number = 0;
  for (const rows of batchRows(examples, options)) {
    if (rows.length === 0 && share === undefined) continue;
    const isUnseen = number < unseen;
    number += 1;
    const next = isUnseen ? Promise.resolve(emptyBatch) : batchOf(rows);
    next.catch(() => undefined); // it is thrown when its turn comes, if it comes
    if (ahead !== undefined) yield await ahead;
    ahead = next;
  }
  if (ahead !== undefined) yield await ahead;
}
