// Mamba-2's recurrence (Dao and Gu 2024, "Transformers are SSMs"), by their state space duality: within a chunk of tokens it is
// attention without a softmax, and a state passes from chunk to chunk. Heads of one group share keys and queries, so that their
// states are one matrix side by side.

import * as tf from "@tensorflow/tfjs-core";
import { shapeError } from "../errors.ts";
import { chunksOf, fadingIn, fromChunks, inChunks } from "./memory-chunks.ts";

/** The inputs for a text's tokens, and the state before them. */
export interface StateSpaceInputs {
  /** Δ·x, which each head writes: [batch, time, heads, valueSize]. */
  readonly value: tf.Tensor4D;
  /** B, the rows of the state that it is written to: [batch, time, groups, stateSize]; each serves as many heads in a row. */
  readonly key: tf.Tensor4D;
  /** C, by which the rows are read: the same shape. */
  readonly query: tf.Tensor4D;
  /** Δ·A, the logarithm of what is left of the state, at most 0: [batch, time, heads]. */
  readonly decay: tf.Tensor3D;
  /** [batch, groups, stateSize, headsOfGroup·valueSize]; absent where nothing was read before. */
  readonly state?: tf.Tensor4D | undefined;
}

/** What the tokens read, and the state that they leave. */
export interface StateSpaceScan {
  /** [batch, time, heads, valueSize] */
  readonly read: tf.Tensor4D;
  /** [batch, groups, stateSize, headsOfGroup·valueSize] */
  readonly state: tf.Tensor4D;
}

/**
 * Lets tokens, one after the other, fade a state, write to it and read from it: S ← e^decay·S + B·(Δ·x)ᵀ, read = Sᵀ·C.
 *
 * Linear in time. Differentiable for all inputs. The caller owns both results. Throws SHAPE_MISMATCH.
 */
export function stateSpaceScan(inputs: StateSpaceInputs): StateSpaceScan {
  checkShapes(inputs);
  const [read, state] = tf.tidy(() => (inputs.value.shape[1] === 1 ? scanOne(inputs) : scanChunks(inputs)));
  return { read, state };
}

type ReadAndState = [read: tf.Tensor4D, state: tf.Tensor4D];

/** One token, as in generation: few operations. */
function scanOne({ value, key, query, decay, state }: StateSpaceInputs): ReadAndState {
  const [batch, , heads, valueSize] = value.shape;
  const [, , groups, stateSize] = key.shape;
  const inGroup = heads / groups;
  const row = (x: tf.Tensor) => tf.reshape<tf.Rank.R3>(x, [batch * groups, 1, x.size / (batch * groups)]);
  const shape = [batch, groups, stateSize, inGroup * valueSize] as [number, number, number, number];
  const written = tf.reshape<tf.Rank.R4>(tf.matMul(row(key), row(value), true, false), shape);
  const after = state === undefined ? written : tf.add<tf.Tensor4D>(left(state), written);
  const read = tf.matMul(row(query), tf.reshape<tf.Rank.R3>(after, [batch * groups, stateSize, -1]));
  return [tf.reshape(read, value.shape), after];

  function left(state: tf.Tensor4D): tf.Tensor {
    const byHead = tf.reshape(state, [batch * groups, stateSize, inGroup, valueSize]);
    return tf.reshape(tf.mul(byHead, tf.reshape(tf.exp(decay), [batch * groups, 1, inGroup, 1])), shape);
  }
}

function scanChunks(inputs: StateSpaceInputs): ReadAndState {
  const [batch, time, heads, valueSize] = inputs.value.shape;
  const [, , groups, stateSize] = inputs.key.shape;
  const chunks = chunksOf(time);
  const [{ length }, inGroup] = [chunks, heads / groups];
  const width = inGroup * valueSize;
  const begin = inputs.state ?? tf.zeros([batch, groups, stateSize, width]);
  // A row is a chunk of a text, for one group or for one head.
  const [key, query, value] = [
    inChunks(inputs.key, chunks),
    inChunks(inputs.query, chunks),
    inChunks(inputs.value, chunks),
  ];
  const { since, end, reach } = fadingIn(inputs.decay, chunks);
  const byGroup = (x: tf.Tensor) => tf.transpose(tf.reshape(x, [-1, inGroup, length, x.shape[2] ?? 1]), [0, 2, 1, 3]);
  const scores = tf.expandDims(tf.matMul(query, key, false, true), 1); // [rows, 1, length, length]
  const within = tf.mul(tf.reshape(reach, [-1, inGroup, length, length]), scores);
  const fromChunk = tf.matMul(tf.reshape<tf.Rank.R3>(within, reach.shape), value); // [rows, length, valueSize]
  const leftAtEnd = byGroup(tf.mul(value, tf.exp(tf.sub(end, since)))); // [rows, length, inGroup, valueSize]
  const written = tf.matMul(key, tf.reshape<tf.Rank.R3>(leftAtEnd, [-1, length, width]), true, false);
  const { before, after } = passOn({
    state: tf.reshape(begin, [-1, stateSize, inGroup, valueSize]),
    written: tf.split(tf.reshape(written, [-1, stateSize, inGroup, valueSize]), chunks.count),
    left: tf.split(tf.reshape(tf.exp(end), [-1, 1, inGroup, 1]), chunks.count),
  });
  const readFromStart = tf.matMul(query, tf.reshape<tf.Rank.R3>(before, [-1, stateSize, width]));
  const fromBefore = tf.mul(tf.reshape(readFromStart, [-1, length, inGroup, valueSize]), byGroup(tf.exp(since)));
  const read = fromChunks(tf.add(fromBefore, byGroup(fromChunk)), chunks, [batch, time, groups, width]);
  return [tf.reshape(read, inputs.value.shape), tf.reshape(after, [batch, groups, stateSize, width])];
}

interface Passing {
  readonly state: tf.Tensor;
  /** What each chunk adds, and what it leaves of the state before it. */
  readonly written: readonly tf.Tensor[];
  readonly left: readonly tf.Tensor[];
}

/** The states before all chunks, one after the other, and the state after the last. */
function passOn({ state, written, left }: Passing): { readonly before: tf.Tensor; readonly after: tf.Tensor } {
  let now = state;
  const before = written.map((chunkState, chunk) => {
    const stateBefore = now;
    now = tf.add(tf.mul(now, left[chunk] as tf.Tensor), chunkState); // there is one for each chunk
    return stateBefore;
  });
  return { before: tf.concat(before, 0), after: now };
}

function checkShapes({ value, key, query, decay, state }: StateSpaceInputs): void {
  const [batch, time, heads, valueSize] = value.shape;
  const [, , groups, stateSize] = key.shape;
  const expect = (name: string, tensor: tf.Tensor, shape: readonly number[]) => {
    if (!tf.util.arraysEqual(tensor.shape, [...shape]))
      throw shapeError(`stateSpaceScan's ${name}`, tensor.shape, `[${shape.join(", ")}]`);
  };
  expect("key", key, [batch, time, groups, stateSize]);
  expect("query", query, key.shape);
  expect("decay", decay, [batch, time, heads]);
  if (heads % groups !== 0) throw shapeError("stateSpaceScan's key", key.shape, `groups that divide ${heads}`);
  if (state !== undefined) expect("state", state, [batch, groups, stateSize, (heads / groups) * valueSize]);
}
