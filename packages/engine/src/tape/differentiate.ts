// Gradients by TensorFlow.js's own tape, with memory freed on the way: an operation's saved tensors are freed as soon as its
// gradient is taken, and a gradient as soon as it has been passed on. tf.grads and tf.variableGrads keep all of them to the
// end, which doubles the peak memory of a training step.

import * as tf from "@tensorflow/tfjs-core";
import { addGradient } from "./accumulate.ts";
import { whileDifferentiating } from "./recomputed-tensors.ts";
import { withNestedTape } from "./without-tape.ts";

/** A value and its derivatives; the caller owns all of them. */
export interface Derivatives<T extends tf.Tensor> {
  readonly value: T;
  /** One for each target, of its shape; undefined if the value does not depend on it. */
  readonly gradients: readonly (tf.Tensor | undefined)[];
}

type TapeNode = NonNullable<ReturnType<typeof tf.engine>["state"]["activeTape"]>[number];

/**
 * Runs `compute` once and differentiates its result for each of `targets`: variables, or tensors that `compute` uses.
 *
 * `outputGradient` has the shape of the result; without it the result's sum is differentiated. All other tensors of `compute` are
 * disposed of, even if it throws.
 */
export function differentiate<T extends tf.Tensor>(
  compute: () => T,
  targets: readonly tf.Tensor[],
  outputGradient?: tf.Tensor,
): Derivatives<T> {
  let derivatives: Derivatives<T> | undefined;
  tf.tidy(() => {
    derivatives = withNestedTape(() => runAndWalkBack(compute, targets, outputGradient));
    return [derivatives.value, ...derivatives.gradients.filter((gradient) => gradient !== undefined)];
  });
  if (derivatives === undefined) throw new Error("The computation ended without a result.");
  return derivatives;
}

function runAndWalkBack<T extends tf.Tensor>(
  compute: () => T,
  targets: readonly tf.Tensor[],
  outputGradient: tf.Tensor | undefined,
): Derivatives<T> {
  const { state } = tf.engine();
  const tape: TapeNode[] = [];
  state.activeTape = tape;
  try {
    state.gradientDepth = 1;
    const value = tf.tidy(compute);
    state.gradientDepth = 0;
    const start = outputGradient === undefined ? tf.ones(value.shape) : tf.clone(outputGradient);
    return { value, gradients: whileDifferentiating(() => walkBack(tape, targets, value, start)) };
  } finally {
    for (const node of tape) tf.dispose(node.saved ?? []);
  }
}

function walkBack(
  tape: readonly TapeNode[],
  targets: readonly tf.Tensor[],
  value: tf.Tensor,
  start: tf.Tensor,
): readonly (tf.Tensor | undefined)[] {
  const targetIds = new Set(targets.map(({ id }) => id));
  const path = pathBetween(tape, targetIds, value);
  for (const node of tape) if (!path.has(node)) tf.dispose(node.saved ?? []);
  const gradients = new Map([[value.id, start]]);
  for (const [node, names] of [...path].reverse()) {
    passBack(node, names, gradients);
    for (const { id } of node.outputs) {
      if (targetIds.has(id)) continue;
      gradients.get(id)?.dispose();
      gradients.delete(id);
    }
    tf.dispose(node.saved ?? []);
  }
  return targets.map(({ id }) => gradients.get(id));
}

/** Operations between a target and the value, in order, with the names of the inputs that come from a target. */
function pathBetween(
  tape: readonly TapeNode[],
  targets: ReadonlySet<number>,
  value: tf.Tensor,
): ReadonlyMap<TapeNode, readonly string[]> {
  const fromTarget = new Set(targets);
  const candidates = tape.flatMap((node): [TapeNode, readonly string[]][] => {
    const names = Object.entries(node.inputs).flatMap(([name, { id }]) => (fromTarget.has(id) ? [name] : []));
    if (names.length === 0) return [];
    for (const { id } of node.outputs) fromTarget.add(id);
    return [[node, names]];
  });
  const toValue = new Set([value.id]);
  const path = candidates.reverse().filter(([node, names]) => {
    if (!node.outputs.some(({ id }) => toValue.has(id))) return false;
    for (const name of names) toValue.add(node.inputs[name]?.id ?? -1);
    return true;
  });
  return new Map(path.reverse());
}

/** Adds the gradients of a node's named inputs to `gradients`. */
function passBack(node: TapeNode, names: readonly string[], gradients: Map<number, tf.Tensor>): void {
  const { gradient } = node;
  if (gradient === undefined) throw new Error(`The kernel ${node.kernelName} has no gradient.`);
  tf.tidy(() => {
    // The tape creates zeros for an output without a gradient.
    const thunks = gradient(node.outputs.map(({ id }) => gradients.get(id) as tf.Tensor));
    const changed = new Map<number, tf.Tensor>();
    for (const name of names) {
      const [input, thunk] = [node.inputs[name], thunks[name]];
      if (input === undefined || thunk === undefined) continue;
      const before = gradients.get(input.id);
      const sum = before === undefined ? thunk() : addGradient(thunk, before);
      before?.dispose();
      gradients.set(input.id, sum);
      changed.set(input.id, sum);
    }
    return [...changed.values()];
  });
}
