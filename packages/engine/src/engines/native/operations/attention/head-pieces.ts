// Attention cut into pieces of a few heads, so that the weights of a piece stay in the processor's cache.

import type * as tf from "@tensorflow/tfjs-core";
import type { NativeTensor } from "../../runtime/native-tensor.ts";

/** Entries of the attention weights that exist at one time: four heads of a text of 400 tokens. */
const headEntries = 640 * 1024;

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

/** Some neighbouring key heads of one batch item, with the query heads that share them. */
export interface Piece {
  readonly item: number;
  /** Number of its first key head, counted over the whole batch. */
  readonly start: number;
  /** Its first key head within the batch item. */
  readonly first: number;
  readonly count: number;
}

export function headSizesOf(query: tf.TensorInfo, key: tf.TensorInfo, value: tf.TensorInfo): HeadSizes {
  const [batch = 0, heads = 0, queryTime = 0, headSize = 0] = query.shape;
  const [, keyHeads = 0, keyTime = 0] = key.shape;
  const groupRows = (heads / keyHeads) * queryTime;
  return { batch, heads, keyHeads, queryTime, keyTime, headSize, valueSize: value.shape[3] ?? 0, groupRows };
}

/** If not all key heads of an item fit into a piece, a number that threads can share evenly: each then has its own heads. */
export function piecesOf({ batch, keyHeads, groupRows, keyTime }: HeadSizes, threads: number): readonly Piece[] {
  const max = Math.min(keyHeads, Math.max(1, Math.floor(headEntries / (groupRows * keyTime))));
  const isKept = max === keyHeads || max < threads;
  const step = isKept ? max : max - (max % threads);
  const pieces: Piece[] = [];
  for (let item = 0; item < batch; item++) {
    for (let first = 0; first < keyHeads; first += step)
      pieces.push({ item, first, start: item * keyHeads + first, count: Math.min(step, keyHeads - first) });
  }
  return pieces;
}

/** The piece's part of a tensor that has `rows` rows of `width` for each key head. */
export function viewOf(values: Float32Array, { start, count }: Piece, rows: number, width: number): NativeTensor {
  const size = rows * width;
  return { values: values.subarray(start * size, (start + count) * size), shape: [count, rows, width] };
}
