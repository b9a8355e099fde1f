// A and B of an embedding, used at an output head with the same weights (PEFT's `ensure_weight_tying`). The head's weight is the
// transposed embedding, and its update is transposed too: output + s·(x·Bᵀ)·Aᵀ.

import * as tf from "@tensorflow/tfjs-core";
import { loraDelta } from "../update/low-rank-delta.ts";
import type { Branch } from "./layer-kind.ts";
import { linear } from "./linear.ts";

/** How A [vocabulary, rank] and B [rank, width] act at a head [width, vocabulary]. */
export const tiedHead: Branch = {
  dropsInput: true,
  add: (call, { a, b }, scale) => linear.add(call, { a: tf.transpose(b), b: tf.transpose(a) }, scale),
  rowSides: (matrices) => ({ ...linear.rowSides(matrices, { fanInFanOut: true }), outputs: "rows" }),
  delta: (update, scale) => tf.tidy(() => tf.transpose(loraDelta(update, scale))),
};
