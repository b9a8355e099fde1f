// Values that are computed again instead of saved. A norm saves its input for its own gradient, and so does a gate. A LoRA
// branch needs their output for the gradient of A: it computes the output again from these inputs, in one pass.

import * as tf from "@tensorflow/tfjs-core";

/** How a value is computed from tensors that its operation saves for its gradient. */
interface Recipe {
  readonly from: readonly tf.Tensor[];
  readonly make: (from: readonly tf.Tensor[]) => tf.Tensor;
}

const recipes = new WeakMap<tf.Tensor, Recipe>();

/** The value. From now on `saveForBackward` saves its inputs instead of it. Does nothing without a tape, which saves nothing. */
export function recomputedFrom<const From extends readonly tf.Tensor[]>(
  value: tf.Tensor,
  from: From,
  make: (from: From) => tf.Tensor,
): tf.Tensor {
  // Clones of exactly these, in order.
  const recipe = { from, make: (again: readonly tf.Tensor[]) => make(again as unknown as From) };
  if (tf.engine().state.gradientDepth > 0) recipes.set(value, recipe);
  return value;
}

/** What an operation saves for its gradient instead of a tensor, and how to recompute the tensor from it. */
export interface SavedForBackward {
  readonly saved: readonly tf.Tensor[];
  /** Call it inside a tidy and dispose of nothing. */
  restore(saved: readonly tf.Tensor[]): tf.Tensor;
}

/** The tensor itself, or the inputs that it can be computed from. */
export function saveForBackward(x: tf.Tensor): SavedForBackward {
  const recipe = recipes.get(x);
  if (recipe === undefined || recipe.from.some(({ isDisposed }) => isDisposed))
    return { saved: [x], restore: ([same = x]) => same };
  return { saved: recipe.from, restore: (saved) => recomputed(recipe, saved) };
}

/** The tensor recomputed last: the gradients of queries, keys and values follow one another and need the same norm. */
let last: { readonly recipe: Recipe; readonly value: tf.Tensor } | undefined;
let isDifferentiating = false;

function recomputed(recipe: Recipe, saved: readonly tf.Tensor[]): tf.Tensor {
  if (last?.recipe === recipe) return last.value;
  const value = tf.tidy(() => recipe.make(saved));
  if (!isDifferentiating) return value;
  last?.value.dispose();
  last = { recipe, value: tf.keep(value) };
  return value;
}

/** Runs the backward pass of a tape; meanwhile, the last recomputed tensor is available. */
export function whileDifferentiating<T>(run: () => T): T {
  const enclosing = { last, isDifferentiating };
  last = undefined;
  isDifferentiating = true;
  try {
    return run();
  } finally {
    (last as typeof enclosing.last)?.value.dispose();
    ({ last, isDifferentiating } = enclosing);
  }
}
