// Puts states into another order, with zeros at empty places: for moving states between an image and its windows, and for
// joining four neighbours. It is an operation of its own because its gradient is simply the inverse order.

import { withGradients } from "@lowrank/engine";
import * as tf from "@tensorflow/tfjs-core";

export interface Rearrangement {
  /** For each new place, the index of the state that goes there; −1 for zeros. */
  readonly places: readonly number[];
  /** Of each state its new place. */
  readonly back: readonly number[];
}

/** Each state must have exactly one place. */
export function rearrangement(places: readonly number[], count: number): Rearrangement {
  const back: number[] = Array(count).fill(-1);
  places.forEach((state, place) => {
    if (state >= 0) back[state] = place;
  });
  return { places, back };
}

/** hidden [batch, states, width] → [batch, places, width] */
export function rearrange(hidden: tf.Tensor, { places, back }: Rearrangement): tf.Tensor {
  return withGradients({
    inputs: { hidden },
    forward: () => ({ value: pickAll(hidden, places), saved: [] }),
    backward: (dy) => ({ hidden: () => pickAll(dy, back) }),
  });
}

/** The inverse order; values at places that were zeros are dropped. */
export function restore(hidden: tf.Tensor, { places, back }: Rearrangement): tf.Tensor {
  return rearrange(hidden, { places: back, back: places });
}

function pickAll(hidden: tf.Tensor, places: readonly number[]): tf.Tensor {
  return tf.tidy(() => {
    const [batch = 0, states = 0, width = 0] = hidden.shape;
    const rows = tf.reshape(hidden, [batch * states, width]);
    const isWhole = places.every((place) => place >= 0);
    const source = isWhole ? rows : tf.concat([rows, tf.zeros([1, width])], 0);
    const numbers = Int32Array.from({ length: batch * places.length }, (_, index) => {
      const place = places[index % places.length] ?? -1;
      return place < 0 ? batch * states : Math.floor(index / places.length) * states + place;
    });
    return tf.reshape(tf.gather(source, tf.tensor1d(numbers, "int32")), [batch, places.length, width]);
  });
}
