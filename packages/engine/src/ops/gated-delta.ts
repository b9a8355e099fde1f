// The gated delta rule (Yang et al. 2024), a recurrent memory instead of attention. Each head has a matrix; every token
// fades it, corrects the value that it would have read, and reads it. Chunks of tokens are computed at once, by the paper's
// UT transform, so that most of the work is matrix products; only the memory passes from chunk to chunk.

import * as tf from "@tensorflow/tfjs-core";
import { shapeError } from "../errors.ts";
import { withGradients } from "../tape/with-gradients.ts";
import { type Chunks, chunksOf, fadingIn, fromChunks, inChunks, squareOf } from "./memory-chunks.ts";

/** The inputs for a text's tokens, and the memory before them. */
export interface GatedDeltaInputs {
  /** [batch, time, keyHeads, keySize]; each serves several consecutive value heads. Normalized to length 1, like the keys. */
  readonly query: tf.Tensor4D;
  /** [batch, time, keyHeads, keySize] */
  readonly key: tf.Tensor4D;
  /** [batch, time, heads, valueSize] */
  readonly value: tf.Tensor4D;
  /** How much of its correction a token writes, from 0 to 1: [batch, time, heads]. */
  readonly strength: tf.Tensor3D;
  /** The logarithm of the memory's decay, at most 0: [batch, time, heads]. */
  readonly decay: tf.Tensor3D;
  /** [batch, heads, keySize, valueSize]; absent at the beginning of a text. */
  readonly memory?: tf.Tensor4D | undefined;
}

/** The outputs and the new memory. */
export interface GatedDelta {
  /** The outputs of the tokens: [batch, time, heads, valueSize]. */
  readonly read: tf.Tensor4D;
  /** The memory after the last token: [batch, heads, keySize, valueSize]. */
  readonly memory: tf.Tensor4D;
}

/** As in transformers and in the authors' library. */
const unitEpsilon = 1e-6;

/**
 * Lets tokens, one after the other, fade a memory, write to it and read from it: S ← e^decay·S, S ← S + strength·k·(v − Sᵀk)ᵀ,
 * read = Sᵀq/√keySize.
 *
 * Differentiable for all inputs. The caller owns both results. Throws SHAPE_MISMATCH.
 */
export function gatedDelta(inputs: GatedDeltaInputs): GatedDelta {
  checkShapes(inputs);
  const [batch, time, heads, valueSize] = inputs.value.shape;
  const keySize = inputs.key.shape[3];
  const [read, memory] = tf.tidy(() => {
    const chunks = chunksOf(time);
    const parts = partsOf(inputs, chunks);
    let now = reshaped(inputs.memory ?? tf.zeros([batch, heads, keySize, valueSize]), [-1, keySize, valueSize]);
    const reads = parts.map((part) => {
      const written = tf.sub<tf.Tensor3D>(part.corrections, tf.matMul(part.predictors, now)); // [batch·heads, chunk, valueSize]
      const fromBefore = tf.matMul(part.query, now);
      const read = tf.add<tf.Tensor3D>(fromBefore, tf.matMul(part.within, written));
      now = tf.add<tf.Tensor3D>(tf.mul(now, part.left), tf.matMul(part.key, written, true, false));
      return read;
    });
    return [
      fromChunks(tf.concat(reads, 0), chunks, [batch, time, heads, valueSize]),
      tf.reshape(now, [batch, heads, keySize, valueSize]),
    ] as [tf.Tensor4D, tf.Tensor4D];
  });
  return { read, memory };
}

/** The inputs of one chunk besides the memory; [batch·heads, …] each. */
interface Chunk {
  /** Faded to the chunk's beginning: [chunk, keySize]. */
  readonly query: tf.Tensor3D;
  /** Faded to the chunk's end: [chunk, keySize]. */
  readonly key: tf.Tensor3D;
  /** The values that tokens write to an empty memory: [chunk, valueSize]. */
  readonly corrections: tf.Tensor3D;
  /** What each token subtracts because the memory already contains it: [chunk, keySize]. */
  readonly predictors: tf.Tensor3D;
  /** The weight with which each token reads the values of the chunk's other tokens: [chunk, chunk]. */
  readonly within: tf.Tensor3D;
  /** The decay of the memory over the chunk: [1, 1]. */
  readonly left: tf.Tensor3D;
}

function partsOf(inputs: GatedDeltaInputs, chunks: Chunks): readonly Chunk[] {
  const heads = inputs.value.shape[2];
  const rows = (x: tf.Tensor4D) => inChunks(x, chunks);
  const keySize = inputs.key.shape[3];
  const query = rows(tf.mul(unit(forHeads(inputs.query, heads)), 1 / Math.sqrt(keySize)));
  const key = rows(unit(forHeads(inputs.key, heads)));
  const strength = rows(tf.expandDims(inputs.strength, 3)); // [rows, chunk, 1]
  const { since, end, reach } = fadingIn(inputs.decay, chunks);
  const left = tf.exp(since);
  const weighted = tf.mul<tf.Tensor3D>(key, strength);
  const overlaps = tf.mul<tf.Tensor3D>(
    tf.matMul(weighted, key, false, true),
    tf.mul(reach, strictlyBelow(chunks.length)),
  );
  const solved = inverseOfUnit(overlaps);
  const byChunk = (x: tf.Tensor) => tf.split(x, chunks.count, 0) as tf.Tensor3D[];
  const all = {
    query: byChunk(tf.mul(query, left)),
    key: byChunk(tf.mul(key, tf.exp(tf.sub(end, since)))),
    corrections: byChunk(tf.matMul(solved, tf.mul<tf.Tensor3D>(rows(inputs.value), strength))),
    predictors: byChunk(tf.matMul(solved, tf.mul<tf.Tensor3D>(weighted, left))),
    within: byChunk(tf.mul(tf.matMul(query, key, false, true), reach)),
    left: byChunk(tf.exp(end)),
  };
  return all.query.map((query, index) => ({
    query,
    key: all.key[index]!,
    corrections: all.corrections[index]!,
    predictors: all.predictors[index]!,
    within: all.within[index]!,
    left: all.left[index]!,
  }));
}

/** (1 + lower)⁻¹ of matrices [rows, chunk, chunk] that are 0 on and above the diagonal; `chunk` is a power of 2. */
function inverseOfUnit(lower: tf.Tensor3D): tf.Tensor3D {
  const chunk = lower.shape[1];
  const inverse = withGradients({
    inputs: { lower },
    forward: () => {
      const value = inverted(lower, chunk);
      return { value, saved: [value] };
    },
    backward: (dy, [inverse]) => ({
      lower: () => {
        const product = tf.matMul(tf.matMul(inverse, dy, true, false), inverse, false, true);
        return tf.mul(tf.neg(product), strictlyBelow(chunk));
      },
    }),
  });
  return reshaped(inverse, lower.shape);
}

/**
 * Blocks on the diagonal, each twice as large as before: [[A, 0], [C, B]]⁻¹ = [[A⁻¹, 0], [−B⁻¹·C·A⁻¹, B⁻¹]]. A sum of powers would
 * need fewer products, but its terms cancel if keys are similar.
 */
function inverted(lower: tf.Tensor3D, chunk: number): tf.Tensor3D {
  let inverse = tf.add<tf.Tensor3D>(tf.zerosLike(lower), tf.eye(chunk));
  for (let size = 1; size < chunk; size *= 2) {
    const joining = tf.mul<tf.Tensor3D>(lower, betweenBlocks(chunk, size));
    inverse = tf.sub(inverse, tf.matMul(tf.matMul(inverse, joining), inverse));
  }
  return inverse;
}

/** 1 in the lower left quarter of each block of twice `size`: [chunk, chunk]. */
function betweenBlocks(chunk: number, size: number): tf.Tensor2D {
  const isJoint = (row: number, column: number) =>
    Math.floor(row / size) % 2 === 1 && Math.floor(row / size) - 1 === Math.floor(column / size);
  return squareOf(chunk, isJoint);
}

function strictlyBelow(chunk: number): tf.Tensor2D {
  return squareOf(chunk, (row, column) => column < row);
}

/** [batch, time, keyHeads, size] → [batch, time, heads, size] */
function forHeads(x: tf.Tensor4D, heads: number): tf.Tensor4D {
  const [batch, time, keyHeads, size] = x.shape;
  if (keyHeads === heads) return x;
  const withGroups = tf.reshape(x, [batch, time, keyHeads, 1, size]);
  return tf.reshape(tf.tile(withGroups, [1, 1, 1, heads / keyHeads, 1]), [batch, time, heads, size]);
}

function unit(x: tf.Tensor4D): tf.Tensor4D {
  return tf.mul(x, tf.rsqrt(tf.add(tf.sum(tf.square(x), -1, true), unitEpsilon)));
}

function reshaped(x: tf.Tensor, shape: readonly [number, number, number]): tf.Tensor3D {
  return tf.reshape<tf.Rank.R3>(x, [...shape]);
}

function checkShapes({ query, key, value, strength, decay, memory }: GatedDeltaInputs): void {
  const [batch, time, heads, valueSize] = value.shape;
  const [, , keyHeads, keySize] = key.shape;
  const expect = (name: string, tensor: tf.Tensor, shape: readonly number[]) => {
    if (!tf.util.arraysEqual(tensor.shape, [...shape]))
      throw shapeError(`gatedDelta's ${name}`, tensor.shape, `[${shape.join(", ")}]`);
  };
  expect("key", key, [batch, time, keyHeads, keySize]);
  expect("query", query, key.shape);
  expect("strength", strength, [batch, time, heads]);
  expect("decay", decay, [batch, time, heads]);
  if (memory !== undefined) expect("memory", memory, [batch, heads, keySize, valueSize]);
  if (heads % keyHeads !== 0) throw shapeError("gatedDelta's key", key.shape, `heads that divide ${heads}`);
}
