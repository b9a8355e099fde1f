// Gradient checkpointing (Chen et al. 2016): a block keeps its inputs only and is computed again during backward.

import * as tf from "@tensorflow/tfjs-core";
import { differentiate } from "./differentiate.ts";
import { withGradients } from "./with-gradients.ts";

/** A stretch of a model that can be computed twice. */
export interface RecomputedBlock {
  /** Must give the same value for the same inputs each time: dropout takes its key from the context. */
  readonly compute: (...inputs: tf.Tensor[]) => tf.Tensor;
  readonly inputs: readonly tf.Tensor[];
  /** Further arguments of `compute`, which get no gradient: masks, ids, a frozen prefix's result. */
  readonly constants?: readonly tf.Tensor[];
  /** Every variable `compute` reads that may be trained; gradients reach no other. */
  readonly variables: readonly tf.Variable[];
}

/**
 * The block's value; memory between forward and backward is that of its inputs and constants alone.
 *
 * Differentiable for its inputs and variables, at the price of a second forward pass.
 */
export function recompute(block: RecomputedBlock): tf.Tensor {
  const { compute, inputs, constants = [], variables } = block;
  const named = (prefix: string, tensors: readonly tf.Tensor[]) =>
    tensors.map((tensor, index): [string, tf.Tensor] => [`${prefix}${index}`, tensor]);
  return withGradients({
    inputs: Object.fromEntries([...named("input", inputs), ...named("variable", variables)]),
    forward: () => ({ value: compute(...inputs, ...constants), saved: [...inputs, ...constants] }),
    backward: (dy, saved) => {
      const savedInputs = saved.slice(0, inputs.length);
      const targets = [...savedInputs, ...variables];
      const gradients = blockGradients(() => compute(...saved), targets, dy);
      const names = [...named("input", savedInputs), ...named("variable", variables)].map(([name]) => name);
      return Object.fromEntries(names.map((name, index) => [name, () => gradients[index] ?? tf.scalar(0)]));
    },
  });
}

/** Gradients of `compute()` for each target; zeros if it does not depend on a target. */
function blockGradients(compute: () => tf.Tensor, targets: readonly tf.Tensor[], dy: tf.Tensor): tf.Tensor[] {
  return tf.tidy(() => {
    const { gradients } = differentiate(compute, targets, dy);
    return targets.map((target, index) => gradients[index] ?? tf.zerosLike(target));
  });
}
