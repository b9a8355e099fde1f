// Values that are computed again instead of kept. A norm keeps its input for its own gradient, and so does a gate. A LoRA
// branch needs their output for the gradient of A: it computes the output again from these inputs, in one pass.

import * as tf from "@tensorflow/tfjs-core";

/** How a value is computed from tensors that its operation keeps for its gradient. */
interface Recipe {
  readonly from: readonly tf.Tensor[];
  readonly make: (from: readonly tf.Tensor[]) => tf.Tensor;
}

const recipes = new WeakMap<tf.Tensor, Recipe>();

/** The value. From now on `keep` keeps its inputs instead of it. Does nothing without a tape, which keeps nothing. */
export function madeFrom<const From extends readonly tf.Tensor[]>(
  value: tf.Tensor,
  from: From,
  make: (from: From) => tf.Tensor,
): tf.Tensor {
  // What is handed back are clones of exactly these, in order.
  const recipe = { from, make: (again: readonly tf.Tensor[]) => make(again as unknown as From) };
  if (tf.engine().state.gradientDepth > 0) recipes.set(value, recipe);
  return value;
}

/** What an operation saves for its gradient in place of a tensor, and how to come by that tensor. */
export interface Kept {
  readonly saved: readonly tf.Tensor[];
  /** Call it inside a tidy and dispose of nothing. */
  restore(saved: readonly tf.Tensor[]): tf.Tensor;
}

/** The tensor itself, or the inputs that it can be computed from. */
export function keep(x: tf.Tensor): Kept {
  const recipe = recipes.get(x);
  if (recipe === undefined || recipe.from.some(({ isDisposed }) => isDisposed))
    return { saved: [x], restore: ([same = x]) => same };
  return { saved: recipe.from, restore: (saved) => madeLast(recipe, saved) };
}

/** Queries, keys and values are maps of one norm: their gradients come one after the other, and find it made. */
let last: { readonly recipe: Recipe; readonly value: tf.Tensor } | undefined;
let isWalking = false;

function madeLast(recipe: Recipe, saved: readonly tf.Tensor[]): tf.Tensor {
  if (last?.recipe === recipe) return last.value;
  const value = tf.tidy(() => recipe.make(saved));
  if (!isWalking) return value;
  last?.value.dispose();
  last = { recipe, value: tf.keep(value) };
  return value;
}

/** Walks back along a tape; what was made last is at hand meanwhile. */
export function whileWalkingBack<T>(walk: () => T): T {
  const outside = { last, isWalking };
  last = undefined;
  isWalking = true;
  try {
    return walk();
  } finally {
    (last as typeof outside.last)?.value.dispose();
    ({ last, isWalking } = outside);
  }
}
