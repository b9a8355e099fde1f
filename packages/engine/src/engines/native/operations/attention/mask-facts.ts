// Facts about a mask that attention needs: its values without −Infinity, and which queries see no key. Computed once for
// each mask, for every layer of a pass.

import type * as tf from "@tensorflow/tfjs-core";
import { maskedScore } from "../../../../kernels/masked-score.ts";
import type { NativeBackend } from "../../native-backend.ts";
import type { NativeTensor } from "../../runtime/native-tensor.ts";
import type { HeadSizes, Piece, Span } from "./head-pieces.ts";

export interface MaskFacts {
  readonly values: Float32Array;
  /** [batch or 1, heads or 1, queryTime or 1, keyTime] */
  readonly shape: readonly number[];
  /** Rows of the mask in which every key is hidden. */
  readonly deadRows: readonly number[];
  /** The first key that is not hidden in each row, and the end of such keys. */
  readonly seen: { readonly first: Uint32Array; readonly end: Uint32Array };
  /** Copies of parts with some of the keys. */
  readonly copies: Map<string, Float32Array>;
}

const cachedFacts = new WeakMap<object, MaskFacts>();

export function maskFactsOf(mask: tf.TensorInfo, backend: NativeBackend): MaskFacts {
  const cached = cachedFacts.get(mask.dataId);
  if (cached !== undefined && cached.shape.join() === mask.shape.join()) return cached;
  const facts = readMask(backend.floats(mask), mask.shape);
  cachedFacts.set(mask.dataId, facts);
  return facts;
}

function readMask(source: Float32Array, shape: readonly number[]): MaskFacts {
  const keyTime = shape.at(-1) ?? 1;
  const rows = source.length / keyTime;
  const seen = { first: new Uint32Array(rows), end: new Uint32Array(rows) };
  const deadRows: number[] = [];
  let isBounded = true;
  for (let row = 0; row < rows; row++) {
    let [first, end] = [keyTime, 0];
    for (let key = 0; key < keyTime; key++) {
      const value = source[row * keyTime + key] ?? 0;
      if (value < maskedScore) isBounded = false;
      if (value <= maskedScore / 2) continue; // NaN counts as seen, and the output is NaN
      first = Math.min(first, key);
      end = key + 1;
    }
    seen.first[row] = first;
    seen.end[row] = end;
    if (end === 0) deadRows.push(row);
  }
  // The cache must not keep the tensor's own array, which may be recycled while the facts are still in use.
  const values = isBounded ? source.slice() : source.map((value) => Math.max(value, maskedScore));
  return { values, shape, deadRows, seen, copies: new Map() };
}

/** The keys that some queries of a head see: all of them if those queries see none. */
export function seenKeysOf({ shape, seen }: MaskFacts, item: number, head: number, queries: Span): Span {
  const [maskBatch = 1, maskHeads = 1, maskQueries = 1, keyTime = 1] = shape;
  const plane = (maskBatch === 1 ? 0 : item * maskHeads) + (maskHeads === 1 ? 0 : head);
  const rows = maskQueries === 1 ? { first: 0, count: 1 } : queries;
  let [first, end] = [keyTime, 0];
  for (let row = 0; row < rows.count; row++) {
    const index = plane * maskQueries + rows.first + row;
    first = Math.min(first, seen.first[index] ?? 0);
    end = Math.max(end, seen.end[index] ?? 0);
  }
  return end === 0 ? { first: 0, count: keyTime } : { first, count: end - first };
}

/** The part of the mask for a piece: [its query heads or 1, its queries or 1, its keys]. */
export function maskPiece(mask: MaskFacts, { item, heads, queries, keys }: Piece): NativeTensor {
  const [maskBatch = 1, maskHeads = 1, maskQueries = 1, keyTime = 1] = mask.shape;
  const plane = (maskBatch === 1 ? 0 : item * maskHeads) + (maskHeads === 1 ? 0 : heads.first);
  const planes = maskHeads === 1 ? 1 : heads.count;
  const rows = maskQueries === 1 ? { first: 0, count: 1 } : queries;
  const first = (plane * maskQueries + rows.first) * keyTime;
  const shape = [planes, rows.count, keys.count];
  const whole = mask.values.subarray(first, first + planes * rows.count * keyTime);
  if (keys.count === keyTime) return { values: whole, shape };
  const key = `${first} ${shape} ${keys.first}`;
  const values = mask.copies.get(key) ?? columnsOf(whole, keyTime, keys);
  if (maskHeads === 1) mask.copies.set(key, values); // otherwise they would need as much memory as all heads
  return { values, shape };
}

/** Some columns of rows of `width` entries. */
function columnsOf(rows: Float32Array, width: number, { first, count }: Span): Float32Array {
  const result = new Float32Array((rows.length / width) * count);
  for (let row = 0; row * width < rows.length; row++)
    result.set(rows.subarray(row * width + first, row * width + first + count), row * count);
  return result;
}

/** Sets to 0 every query that sees no key, in a tensor [batch, heads, queryTime, valueSize]. */
export function clearDeadQueries(target: Float32Array, sizes: HeadSizes, { shape, deadRows }: MaskFacts): void {
  const [maskBatch = 1, maskHeads = 1, maskQueries = 1] = shape;
  const { batch, heads, queryTime, valueSize } = sizes;
  /** Queries that share one row of the mask. */
  const queries = queryTime / maskQueries;
  for (const row of deadRows) {
    const query = row % maskQueries;
    const plane = Math.floor(row / maskQueries);
    const maskHead = plane % maskHeads;
    const maskItem = Math.floor(plane / maskHeads);
    for (let item = 0; item < batch; item++) {
      if (maskBatch !== 1 && item !== maskItem) continue;
      for (let head = 0; head < heads; head++) {
        if (maskHeads !== 1 && head !== maskHead) continue;
        const start = ((item * heads + head) * queryTime + query) * valueSize;
        target.fill(0, start, start + queries * valueSize);
      }
    }
  }
}
