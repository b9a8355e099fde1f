// Rows of a 16-bit matrix whose values the host cannot read: they are widened, read, and rounded again, which is exact.

import { halfBits } from "@lowrank/contracts/internal";
import * as tf from "@tensorflow/tfjs-core";
import type { HalfMatrix } from "../packed/packed-matrix.ts";
import type { FrozenStorage } from "./frozen-storage.ts";

/** Bits of the first `count` rows of Wᵀ [count, inFeatures], read a few rows at a time. */
export function firstHalves(storage: FrozenStorage, count: number, kind: HalfMatrix["kind"]): Uint16Array {
  const columns = storage.inFeatures;
  const bits = new Uint16Array(count * columns);
  const step = Math.max(1, Math.floor((1 << 20) / columns));
  for (let first = 0; first < count; first += step) {
    const values = tf.tidy(() =>
      storage.rows(tf.range(first, Math.min(first + step, count), 1, "int32")).dataSync<"float32">(),
    );
    bits.set(halfBits(values, kind), first * columns);
  }
  return bits;
}
