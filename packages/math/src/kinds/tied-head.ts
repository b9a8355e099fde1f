// The pair of an embedding at the output head that shares its table (PEFT's `ensure_weight_tying`). The head's weight is the
// table seen the other way round, and so is what the pair adds: output + s·(x·Bᵀ)·Aᵀ.

import * as tf from "@tensorflow/tfjs-core";
import { pairDelta } from "../update/low-rank-delta.ts";
import type { Branch } from "./layer-kind.ts";
import { linear } from "./linear.ts";

/** How a pair of A [vocabulary, rank] and B [rank, width] acts at a head [width, vocabulary]. */
export const tiedHead: Branch = {
  dropsInput: true,
  add: (call, { a, b }, scale) => linear.add(call, { a: tf.transpose(b), b: tf.transpose(a) }, scale),
  rowSides: (halves) => ({ ...linear.rowSides(halves, { fanInFanOut: true }), outputs: "rows" }),
  delta: (update, scale) => tf.tidy(() => tf.transpose(pairDelta(update, scale))),
};
