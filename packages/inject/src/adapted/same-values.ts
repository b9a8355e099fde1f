// Compares the values of two tensors.

import * as tf from "@tensorflow/tfjs-core";

const known = new WeakMap<tf.Tensor, WeakMap<tf.Tensor, boolean | null>>();

/** Null if the backend cannot read synchronously (webgpu). */
export function haveSameValues(one: tf.Tensor, other: tf.Tensor): boolean | null {
  if (one.shape.join() !== other.shape.join()) return false;
  const isSame = tf.tidy(() => tf.all(tf.equal(one, other)));
  try {
    return isSame.dataSync()[0] === 1;
  } catch {
    return null;
  } finally {
    isSame.dispose();
  }
}

/** Like `haveSameValues`, for tensors that never change: the result is cached. */
export function haveSameFrozenValues(one: tf.Tensor, other: tf.Tensor): boolean | null {
  const found = known.get(one)?.get(other);
  if (found !== undefined) return found;
  const answer = haveSameValues(one, other);
  if (!known.has(one)) known.set(one, new WeakMap());
  known.get(one)?.set(other, answer);
  return answer;
}
