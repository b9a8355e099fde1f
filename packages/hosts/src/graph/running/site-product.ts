// The product of a site as a node for TensorFlow.js. With a new adapter, whose update is zero, the result is then bit-identical to
// the graph's own.

import * as tf from "@tensorflow/tfjs-core";
import type { Application } from "../applications/application.ts";
import type { GraphNode, Reference } from "../reading/graph.ts";

/** The node without its activation; a fused bias stays. It keeps its kind: fused kernels sum in an order of their own. */
export function productOf(node: GraphNode, { bias }: Application): GraphNode {
  if (!node.op.startsWith("_Fused")) return node;
  const inputs = node.inputs.slice(0, bias === undefined ? 2 : 3);
  const fused = {
    fused_ops: { list: { s: [btoa(bias === undefined ? "NoOp" : "BiasAdd")] } },
    num_args: { i: bias === undefined ? "0" : "1" },
  };
  const { definition } = node;
  return { ...node, inputs, definition: { ...definition, attr: { ...definition.attr, ...fused } } };
}

/** The values while a graph runs. It owns the tensors that were computed. */
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

  /** Decrements the number of uses of each value, and frees values without further uses. */
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
