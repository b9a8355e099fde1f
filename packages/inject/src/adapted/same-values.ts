// Compares the values of two tensors.

import * as tf from "@tensorflow/tfjs-core";

const cachedResults = new WeakMap<tf.Tensor, WeakMap<tf.Tensor, boolean | null>>();

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
  const cached = cachedResults.get(one)?.get(other);
  if (cached !== undefined) return cached;
  const answer = haveSameValues(one, other);
  if (!cachedResults.has(one)) cachedResults.set(one, new WeakMap());
  cachedResults.get(one)?.set(other, answer);
  return answer;
}
