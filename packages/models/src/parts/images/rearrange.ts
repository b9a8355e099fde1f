// Puts states into another order, with zeros at empty positions: for moving states between an image and its windows, and for
// joining four neighbours. It is an operation of its own because its gradient is simply the inverse order.

import { withGradients } from "@lowrank/engine/internal";
import * as tf from "@tensorflow/tfjs-core";

export interface Rearrangement {
  /** For each new position, the index of its state; −1 for zeros. */
  readonly sources: readonly number[];
  /** The new position of each state. */
  readonly back: readonly number[];
}

/** Each state must have exactly one new position. */
export function rearrangement(sources: readonly number[], count: number): Rearrangement {
  const back: number[] = Array(count).fill(-1);
  sources.forEach((state, position) => {
    if (state >= 0) back[state] = position;
  });
  return { sources, back };
}

/** hidden [batch, states, width] → [batch, positions, width] */
export function rearrange(hidden: tf.Tensor, { sources, back }: Rearrangement): tf.Tensor {
  return withGradients({
    inputs: { hidden },
    forward: () => ({ value: pickAll(hidden, sources), saved: [] }),
    backward: (dy) => ({ hidden: () => pickAll(dy, back) }),
  });
}

/** The inverse order; values at positions that were zeros are dropped. */
export function restore(hidden: tf.Tensor, { sources, back }: Rearrangement): tf.Tensor {
  return rearrange(hidden, { sources: back, back: sources });
}

function pickAll(hidden: tf.Tensor, sources: readonly number[]): tf.Tensor {
  return tf.tidy(() => {
    const [batch = 0, states = 0, width = 0] = hidden.shape;
    const rows = tf.reshape(hidden, [batch * states, width]);
    const isWhole = sources.every((position) => position >= 0);
    const source = isWhole ? rows : tf.concat([rows, tf.zeros([1, width])], 0);
    const numbers = Int32Array.from({ length: batch * sources.length }, (_, index) => {
      const position = sources[index % sources.length] ?? -1;
      return position < 0 ? batch * states : Math.floor(index / sources.length) * states + position;
    });
    return tf.reshape(tf.gather(source, tf.tensor1d(numbers, "int32")), [batch, sources.length, width]);
  });
}
