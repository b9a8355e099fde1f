// Running tensor code so that an enclosing gradient computation does not see it.

import * as tf from "@tensorflow/tfjs-core";

/**
 * Runs `compute` off the tape: its result is a constant for outer gradients, and nothing in it is saved.
 *
 * For everything below the first adapter. `compute` must be synchronous.
 */
export function withoutTape<T>(compute: () => T): T {
  return withNestedTape(() => {
    tf.engine().state.gradientDepth = 0;
    return compute();
  });
}

/**
 * Runs `compute`, which may differentiate something of its own, and puts the enclosing tape back afterwards.
 *
 * tfjs keeps one tape. A gradient computed inside another's backward pass would empty it, and the outer one would fail
 * with "Cannot read properties of null".
 */
export function withNestedTape<T>(compute: () => T): T {
  const { state } = tf.engine();
  const { activeTape, gradientDepth, kernelDepth } = state;
  try {
    return compute();
  } finally {
    state.activeTape = activeTape;
    state.gradientDepth = gradientDepth;
    state.kernelDepth = kernelDepth;
  }
}
