// Sums loss and gradients of one optimiser step over its micro-batches.

import { differentiate } from "@lowrank/engine";
import * as tf from "@tensorflow/tfjs-core";
import { LossShapeError, NoGradientError } from "../errors.ts";
import type { FlatGradients } from "./flat-gradients.ts";
import type { GradientReduction } from "./gradient-reduction.ts";

/** One micro-batch's loss and its weight in the step. */
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
    const { value, grads } = lossAndGradients(loss, this.#variables);
    try {
      const [lossValue = Number.NaN] = await value.data();
      await this.#gradients.add(grads, weight);
      this.#loss += weight * lossValue;
      this.#weight += weight;
    } finally {
      tf.dispose([value, grads]);
    }
  }

  /** Counts a micro-batch whose loss is 0 whatever the variables are. */
  skip(weight: number): void {
    this.#weight += weight;
  }

  /** Sums over all processes; returns the sums of `counts`. */
  async reduce(reduction: GradientReduction, counts: readonly number[]): Promise<readonly number[]> {
    const [loss = Number.NaN, weight = Number.NaN, ...sums] = await this.#gradients.reduce(reduction, [
      this.#loss,
      this.#weight,
      ...counts,
    ]);
    this.#loss = loss;
    this.#weight = weight;
    return sums;
  }

  /** Divides by the total weight: returns the mean loss, and makes the gradients means. */
  finish(): number {
    this.#gradients.divide(this.#weight);
    return this.#loss / this.#weight;
  }
}

function lossAndGradients(
  compute: () => tf.Tensor,
  variables: ReadonlyMap<string, tf.Variable>,
): { readonly value: tf.Tensor; readonly grads: tf.NamedTensorMap } {
  const targets = [...variables.values()];
  const { value, gradients } = differentiate(() => {
    const loss = compute();
    if (loss.rank > 0) throw new LossShapeError(loss.shape);
    return loss;
  }, targets);
  const grads = targets.flatMap(({ name }, index): [string, tf.Tensor][] => {
    const gradient = gradients[index];
    return gradient === undefined ? [] : [[name, gradient]];
  });
  if (grads.length > 0) return { value, grads: Object.fromEntries(grads) };
  value.dispose();
  throw new NoGradientError([...variables.keys()]);
}
