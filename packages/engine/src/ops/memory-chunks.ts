// Layers with a recurrent memory compute chunks of tokens at once, so that most of the work is matrix products, and the time grows
// linearly with the text. What all of them share: the chunks, and how the memory fades from token to token.

import * as tf from "@tensorflow/tfjs-core";
import { maskedScore } from "../kernels/masked-score.ts";

/** A text's tokens, cut into chunks. */
export interface Chunks {
  /** Tokens of a chunk, a power of 2. */
  readonly length: number;
  readonly count: number;
}

/** As in transformers and in the libraries of the gated delta rule. */
const longestChunk = 64;

export function chunksOf(time: number): Chunks {
  const length = Math.min(longestChunk, 2 ** Math.ceil(Math.log2(time)));
  return { length, count: Math.ceil(time / length) };
}

/** x [batch, time, heads, size] → [count·batch·heads, length, size]. What pads the last chunk is 0, so it writes nothing and fades nothing. */
export function inChunks(x: tf.Tensor4D, { length, count }: Chunks): tf.Tensor3D {
  const [batch, time, heads, size] = x.shape;
  const padded = tf.pad(x, [
    [0, 0],
    [0, count * length - time],
    [0, 0],
    [0, 0],
  ]); // prettier-ignore
  const split = tf.reshape(padded, [batch, count, length, heads, size]);
  return tf.reshape<tf.Rank.R3>(tf.transpose(split, [1, 0, 3, 2, 4]), [-1, length, size]);
}

/** The way back, to a `shape` [batch, time, heads, size]. */
export function fromChunks(
  x: tf.Tensor,
  { length, count }: Chunks,
  [batch, time, heads, size]: readonly [number, number, number, number],
): tf.Tensor4D {
  const split = tf.reshape(x, [count, batch, heads, length, size]);
  const inOrder = tf.reshape(tf.transpose(split, [1, 0, 3, 2, 4]), [batch, count * length, heads, size]);
  return tf.slice(inOrder as tf.Tensor4D, [0, 0, 0, 0], [batch, time, heads, size]);
}

/** What is left of the memory, for each [count·batch·heads]. */
interface Fading {
  /** The logarithm of what is left at each token since its chunk's beginning: [rows, length, 1]. */
  readonly since: tf.Tensor3D;
  /** The same at the end of the chunk: [rows, 1, 1]. */
  readonly end: tf.Tensor3D;
  /** What a token leaves of an earlier one, 0 for later ones: [rows, length, length]. */
  readonly reach: tf.Tensor3D;
}

/** decay: the logarithm of what each token leaves, [batch, time, heads]. */
export function fadingIn(decay: tf.Tensor3D, chunks: Chunks): Fading {
  const { length } = chunks;
  const below = squareOf(length, (row, column) => column <= row);
  const bounded = tf.maximum<tf.Tensor4D>(tf.expandDims(decay, 3), nothingLeft);
  const byChunk = tf.reshape<tf.Rank.R2>(inChunks(bounded, chunks), [-1, length]);
  const since = tf.reshape<tf.Rank.R3>(tf.matMul(byChunk, below, false, true), [-1, length, 1]);
  const later = tf.mul(tf.sub(1, below), maskedScore);
  const between = tf.sub(since, tf.transpose(since, [0, 2, 1]));
  const end = tf.slice(since, [0, length - 1, 0], [-1, 1, 1]);
  return { since, end, reach: tf.exp(tf.add<tf.Tensor3D>(between, later)) };
}

/** e⁻²⁰ is 0 next to what a token writes. Much larger sums would leave too few digits for the differences between tokens. */
const nothingLeft = -20;

/** 1 where `isOne`, else 0: [size, size]. */
export function squareOf(size: number, isOne: (row: number, column: number) => boolean): tf.Tensor2D {
  const values = Float32Array.from({ length: size * size }, (_, place) =>
    isOne(Math.floor(place / size), place % size) ? 1 : 0,
  );
  return tf.tensor2d(values, [size, size]);
}
