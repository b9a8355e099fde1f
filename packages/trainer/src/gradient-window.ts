// Loss and gradients of one optimiser step, from its micro-batches.

import * as tf from "@tensorflow/tfjs-core";
import { NoGradientError } from "./errors.ts";
import type { FlatGradients } from "./flat-gradients.ts";

/** One micro-batch's loss and what it counts for. */
export interface WeightedLoss {
  /** Computes the loss; called once, inside a tidy, under the gradient tape. */
  readonly loss: () => tf.Scalar;
  readonly weight: number;
}

/** Adds up weighted losses and their gradients, and divides both by the weight. */
export class GradientWindow {
  readonly #variables: ReadonlyMap<string, tf.Variable>;
  readonly #gradients: FlatGradients;
  #loss = 0;
  #weight = 0;

  /** Begins a step of `gradients`. */
  constructor(variables: ReadonlyMap<string, tf.Variable>, gradients: FlatGradients) {
    this.#variables = variables;
    this.#gradients = gradients;
    gradients.clear();
  }

  /** Runs one micro-batch forward and backward. */
  async add({ loss, weight }: WeightedLoss): Promise<void> {
    const { value, grads } = differentiate(loss, this.#variables);
    try {
      const [lossValue = Number.NaN] = await value.data();
      await this.#gradients.add(grads, weight);
      this.#loss += weight * lossValue;
      this.#weight += weight;
    } finally {
      tf.dispose([value, grads]);
    }
  }

  /** Returns the mean loss of what was added; the gradients then are means too. */
  finish(): number {
    this.#gradients.divide(this.#weight);
    return this.#loss / this.#weight;
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
