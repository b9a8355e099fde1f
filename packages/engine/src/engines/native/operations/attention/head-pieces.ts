// Attention cut into pieces of a few heads, or of some queries of one, so that the weights of a piece stay in the processor's
// cache.

import type * as tf from "@tensorflow/tfjs-core";
import type { NativeTensor } from "../../runtime/native-tensor.ts";

/** Entries of the attention weights that exist at one time: four heads of a text of 400 tokens. */
const headEntries = 640 * 1024;
/** Queries of one head that a thread has at a time, where the head does not fit. */
const blockQueries = 64;

export interface HeadSizes {
  readonly batch: number;
  readonly heads: number;
  readonly keyHeads: number;
  readonly queryTime: number;
  readonly keyTime: number;
  readonly headSize: number;
  readonly valueSize: number;
  /** Queries that share a key head, over all their heads. */
  readonly groupRows: number;
}

/** Neighbouring key heads of one batch item with the query heads that share them; or some queries of one head, and keys. */
export interface Piece {
  readonly item: number;
  /** Query heads within the batch item. */
  readonly heads: Span;
  /** Queries of each head. */
  readonly queries: Span;
  /** Keys of each head. */
  readonly keys: Span;
  /** Where they are in tensors. */
  readonly queryRows: Rows;
  readonly keyRows: Rows;
}

/** Numbers from `first`. */
export interface Span {
  readonly first: number;
  readonly count: number;
}

/** Neighbouring rows of a tensor, as `heads` matrices of `each`. */
interface Rows {
  readonly first: number;
  readonly heads: number;
  readonly each: number;
}

export function headSizesOf(query: tf.TensorInfo, key: tf.TensorInfo, value: tf.TensorInfo): HeadSizes {
  const [batch = 0, heads = 0, queryTime = 0, headSize = 0] = query.shape;
  const [, keyHeads = 0, keyTime = 0] = key.shape;
  const groupRows = (heads / keyHeads) * queryTime;
  return { batch, heads, keyHeads, queryTime, keyTime, headSize, valueSize: value.shape[3] ?? 0, groupRows };
}

/**
 * Key heads that fit into the cache together; if none does, blocks of queries of one head, each with the keys it sees. Of several
 * key heads a number that threads can share evenly: each then has its own heads.
 */
export function piecesOf(sizes: HeadSizes, threads: number, seenKeys: SeenKeys): readonly Piece[] {
  const { batch, keyHeads, groupRows, keyTime } = sizes;
  const fits = Math.floor(headEntries / (groupRows * keyTime));
  if (fits === 0) return blocksOf(sizes, blockQueries * threads, seenKeys);
  const max = Math.min(keyHeads, fits);
  const isKept = max === keyHeads || max < threads;
  const step = isKept ? max : max - (max % threads);
  const pieces: Piece[] = [];
  for (let item = 0; item < batch; item++) {
    for (let first = 0; first < keyHeads; first += step)
      pieces.push(wholeHeads(sizes, item, { first, count: Math.min(step, keyHeads - first) }));
  }
  return pieces;
}

/** The keys that some queries of a head see, at least one. */
export type SeenKeys = (item: number, head: number, queries: Span) => Span;

function wholeHeads({ heads, keyHeads, queryTime, keyTime, groupRows }: HeadSizes, item: number, some: Span): Piece {
  const group = heads / keyHeads;
  const start = item * keyHeads + some.first;
  return {
    item,
    heads: { first: some.first * group, count: some.count * group },
    queries: { first: 0, count: queryTime },
    keys: { first: 0, count: keyTime },
    queryRows: { first: start * groupRows, heads: some.count, each: groupRows },
    keyRows: { first: start * keyTime, heads: some.count, each: keyTime },
  };
}

function blocksOf(sizes: HeadSizes, maxQueries: number, seenKeys: SeenKeys): readonly Piece[] {
  const { batch, heads, keyHeads, queryTime, keyTime } = sizes;
  const step = Math.max(1, Math.min(maxQueries, Math.floor(headEntries / keyTime)));
  const pieces: Piece[] = [];
  for (let head = 0; head < batch * heads; head++) {
    const item = Math.floor(head / heads);
    const keyHead = Math.floor((head * keyHeads) / heads);
    for (let first = 0; first < queryTime; first += step) {
      const queries = { first, count: Math.min(step, queryTime - first) };
      const keys = seenKeys(item, head % heads, queries);
      pieces.push({
        item,
        heads: { first: head % heads, count: 1 },
        queries,
        keys,
        queryRows: { first: head * queryTime + first, heads: 1, each: queries.count },
        keyRows: { first: keyHead * keyTime + keys.first, heads: 1, each: keys.count },
      });
    }
  }
  return pieces;
}

/** These rows of a tensor whose rows have `width` entries. */
export function viewOf(values: Float32Array, { first, heads, each }: Rows, width: number): NativeTensor {
  return { values: values.subarray(first * width, (first + heads * each) * width), shape: [heads, each, width] };
}
