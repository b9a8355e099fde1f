// The values of one call, and how long each is needed.

import * as tf from "@tensorflow/tfjs-core";
import type { Reference } from "../reading/graph.ts";

/** What is known while a graph runs. It owns what was made meanwhile. */
export class Values {
  readonly #made = new Map<Reference, tf.Tensor>();
  readonly #uses = new Map<Reference, number>();

  /** @param find values that are not made here: what was given, weights */
  constructor(
    private readonly find: (reference: Reference) => tf.Tensor | undefined,
    uses: Iterable<Reference>,
  ) {
    for (const reference of uses) this.#uses.set(reference, (this.#uses.get(reference) ?? 0) + 1);
  }

  add(references: readonly Reference[], tensors: readonly tf.Tensor[]): void {
    for (const [index, reference] of references.entries()) {
      const tensor = tensors[index];
      if (tensor !== undefined) this.#made.set(reference, tensor);
    }
  }

  read(reference: Reference): tf.Tensor {
    const tensor = this.#made.get(reference) ?? this.find(reference);
    if (tensor === undefined) throw new Error(`"${reference}" was read before it was made.`);
    return tensor;
  }

  /** One use less of each; what nobody uses any more is freed. */
  release(references: Iterable<Reference>): void {
    for (const reference of references) {
      const left = (this.#uses.get(reference) ?? 0) - 1;
      this.#uses.set(reference, left);
      if (left > 0) continue;
      this.#made.get(reference)?.dispose();
      this.#made.delete(reference);
    }
  }

  /** A value for the caller, who owns it. */
  take(reference: Reference): tf.Tensor {
    return tf.clone(this.read(reference));
  }

  dispose(): void {
    for (const tensor of this.#made.values()) tensor.dispose();
    this.#made.clear();
  }
}
