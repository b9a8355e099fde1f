// The gradients of one optimiser step: those of its micro-batches, averaged.

import * as tf from "@tensorflow/tfjs-core";
import { NoGradientError } from "./errors.ts";
import { readTensors } from "./read-tensors.ts";

/** One micro-batch's loss and what it counts for. */
export interface WeightedLoss {
  /** Computes the loss; called once, inside a tidy, under the gradient tape. */
  readonly loss: () => tf.Scalar;
  readonly weight: number;
}

/** What a window of micro-batches gives. */
export interface WindowResult {
  readonly loss: number;
  /** For each variable that the loss depends on; the arrays are the caller's. */
  readonly gradients: Map<string, Float32Array>;
}

/** Adds up weighted losses and their gradients, and divides both by the weight. */
export class GradientWindow {
  readonly #variables: ReadonlyMap<string, tf.Variable>;
  readonly #sums = new Map<string, Float32Array>();
  #loss = 0;
  #weight = 0;

  constructor(variables: ReadonlyMap<string, tf.Variable>) {
    this.#variables = variables;
  }

  /** Runs one micro-batch forward and backward. */
  async add({ loss, weight }: WeightedLoss): Promise<void> {
    const { value, grads } = differentiate(loss, this.#variables);
    const found = [...this.#variables].flatMap(([name, variable]) => {
      const gradient = grads[variable.name];
      return gradient == null ? [] : [{ name, gradient }];
    });
    const [lossValues, ...gradients] = await readTensors([value, ...found.map(({ gradient }) => gradient)]);
    tf.dispose([value, grads]);
    this.#loss += weight * (lossValues?.[0] ?? Number.NaN);
    this.#weight += weight;
    for (const [index, { name }] of found.entries()) this.#accumulate(name, gradients[index] as Float32Array, weight);
  }

  /** The mean loss and gradients of what was added. */
  finish(): WindowResult {
    for (const sum of this.#sums.values()) {
      if (this.#weight === 1) continue;
      for (let i = 0; i < sum.length; i += 1) sum[i] = (sum[i] as number) / this.#weight;
    }
    return { loss: this.#loss / this.#weight, gradients: this.#sums };
  }

  #accumulate(name: string, gradient: Float32Array, weight: number): void {
    const sum = this.#sums.get(name);
    if (sum === undefined) {
      this.#sums.set(name, gradient);
      if (weight !== 1) for (let i = 0; i < gradient.length; i += 1) gradient[i] = (gradient[i] as number) * weight;
      return;
    }
    for (let i = 0; i < sum.length; i += 1) sum[i] = (sum[i] as number) + (gradient[i] as number) * weight;
  }
}

function differentiate(
  loss: () => tf.Scalar,
  variables: ReadonlyMap<string, tf.Variable>,
): { value: tf.Scalar; grads: tf.NamedTensorMap } {
  try {
    // The outer tidy disposes of what variableGrads leaves behind when it throws.
    return tf.tidy(() => tf.variableGrads(loss, [...variables.values()]));
  } catch (cause) {
    const isUnconnected = cause instanceof Error && cause.message.includes("Cannot find a connection");
    throw isUnconnected ? new NoGradientError([...variables.keys()], { cause }) : cause;
  }
}
