// An operation with its own gradients, each computed only if it is needed. tf.customGrad computes the gradients of all inputs,
// including frozen ones, which would take most of a LoRA step. The internal function of tf.customGrad takes one thunk for each input
// and runs only those on the path to a trainable variable.

import * as tf from "@tensorflow/tfjs-core";
import { requireAlive } from "../kernels/require-alive.ts";

/** A differentiable operation, as data. */
export interface GradientRule<Saved extends readonly tf.Tensor[], Value extends Outputs = tf.Tensor> {
  /** Everything that can get a gradient. Whatever else `forward` uses is a constant. */
  readonly inputs: Readonly<Record<string, tf.Tensor>>;
  /** Computes the value, which may be several tensors. `saved` is for `backward` while a tape is recording; everything else made here is freed. */
  forward(): { readonly value: Value; readonly saved: Saved };
  /** One thunk for each input. Thunks run once, at once; they must return a new tensor, never `dy` itself. */
  backward(dy: Value, saved: Saved): Readonly<Record<string, () => tf.Tensor>>;
}

type Outputs = tf.Tensor | readonly tf.Tensor[];

type Save = (tensors: tf.Tensor[]) => void;

interface KernelInvocation {
  readonly inputs: Record<string, tf.Tensor>;
  forwardFunc(backend: unknown, save: Save): Outputs;
  backwardsFunc(dy: Outputs, saved: tf.Tensor[]): Record<string, () => tf.Tensor>;
}

interface KernelRunner {
  runKernelFunc(invocation: KernelInvocation): Outputs;
}

/**
 * Runs the operation and records its gradients if a tape is on. Returns the value, which the caller owns. Throws DISPOSED
 * if one of the inputs was disposed of.
 */
export function withGradients<const Saved extends readonly tf.Tensor[], Value extends Outputs = tf.Tensor>(
  rule: GradientRule<Saved, Value>,
): Value {
  requireAlive(rule.inputs);
  const runner: object = tf.engine();
  // Without a tape there is nothing to record, and generating a token takes hundreds of operations.
  if (tf.engine().state.gradientDepth === 0) return tf.tidy(() => rule.forward().value as tf.Tensor) as Value;
  if (!isKernelRunner(runner))
    throw new Error("This version of TensorFlow.js cannot run an operation with own gradients.");
  let isList = false;
  const value = runner.runKernelFunc({
    inputs: { ...rule.inputs },
    forwardFunc: (_backend, save) => {
      const { value, saved } = rule.forward();
      save([...saved]);
      isList = Array.isArray(value);
      return value;
    },
    // Of a list of one, TensorFlow.js passes the gradient by itself.
    backwardsFunc: (dy, saved) => rule.backward((isList ? [dy].flat() : dy) as Value, asSaved(saved)),
  });
  return value as Value; // as many tensors as the rule gave
}

function isKernelRunner(engine: object): engine is KernelRunner {
  return "runKernelFunc" in engine && typeof engine.runKernelFunc === "function";
}

/** The engine hands back, in order, clones of exactly the tensors that `save` was given. */
function asSaved<Saved extends readonly tf.Tensor[]>(saved: readonly tf.Tensor[]): Saved {
  return saved as unknown as Saved;
}
