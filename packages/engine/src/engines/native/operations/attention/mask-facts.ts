// Facts about a mask that attention needs: its values without −Infinity, and which queries see no key. Computed once for
// each mask, for every layer of a pass.

import type * as tf from "@tensorflow/tfjs-core";
import { maskedScore } from "../../../../kernels/masked-score.ts";
import type { NativeBackend } from "../../native-backend.ts";
import type { NativeTensor } from "../../runtime/native-tensor.ts";
import type { HeadSizes, Piece } from "./head-pieces.ts";

export interface MaskFacts {
  readonly values: Float32Array;
  /** [batch or 1, heads or 1, queryTime or 1, keyTime] */
  readonly shape: readonly number[];
  /** Rows of the mask in which every key is hidden. */
  readonly deadRows: readonly number[];
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
  const deadRows: number[] = [];
  let isBounded = true;
  for (let row = 0; row * keyTime < source.length; row++) {
    let isDead = true; // NaN counts as seen, and the output is NaN
    for (let index = row * keyTime; index < (row + 1) * keyTime; index++) {
      const value = source[index] ?? 0;
      if (!(value <= maskedScore / 2)) isDead = false;
      if (value < maskedScore) isBounded = false;
    }
    if (isDead) deadRows.push(row);
  }
  // The cache must not keep the tensor's own array, which may be recycled while the facts are still in use.
  const values = isBounded ? source.slice() : source.map((value) => Math.max(value, maskedScore));
  return { values, shape, deadRows };
}

/** The part of the mask for a piece: [its query heads or 1, queryTime or 1, keyTime]. */
export function maskPiece({ values, shape }: MaskFacts, sizes: HeadSizes, { item, first, count }: Piece): NativeTensor {
  const [maskBatch = 1, maskHeads = 1, queryTime = 1, keyTime = 1] = shape;
  const perHead = queryTime * keyTime;
  const group = sizes.heads / sizes.keyHeads;
  const batchOffset = maskBatch === 1 ? 0 : item * maskHeads;
  const [from, heads] = maskHeads === 1 ? [batchOffset, 1] : [batchOffset + first * group, count * group];
  return { values: values.subarray(from * perHead, (from + heads) * perHead), shape: [heads, queryTime, keyTime] };
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
