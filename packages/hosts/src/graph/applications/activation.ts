// The bias and the activation that TensorFlow's grappler fuses with a product.

import * as tf from "@tensorflow/tfjs-core";
import type { GraphNode, Reference } from "../reading/graph.ts";

export type Activation =
  | { readonly kind: "relu" | "relu6" | "elu" | "sigmoid" }
  | { readonly kind: "leakyrelu"; readonly alpha: number }
  | { readonly kind: "prelu"; readonly alphas: Reference };

/** The operations that are fused with a product; `unknown` is the name of an activation that TensorFlow.js does not have. */
export interface Fused {
  readonly bias?: Reference | undefined;
  readonly activation?: Activation | undefined;
  readonly unknown?: string;
}

/** Reads the fused operations of a node with two inputs of its own. */
export function fusedWith({ attributes, inputs }: GraphNode): Fused {
  const [first, ...rest] = attributes.texts("fused_ops").map((name) => name.toLowerCase());
  if (first === undefined) return {};
  const hasBias = first === "biasadd";
  const bias = hasBias ? inputs[2] : undefined;
  const name = hasBias || first === "noop" ? rest[0] : first;
  const alphas = inputs[hasBias ? 3 : 2];
  if (name === undefined) return { bias };
  if (name === "relu" || name === "relu6" || name === "elu" || name === "sigmoid")
    return { bias, activation: { kind: name } };
  if (name === "leakyrelu")
    return { bias, activation: { kind: name, alpha: attributes.number("leakyrelu_alpha", 0.2) } };
  if (name === "prelu" && alphas !== undefined) return { bias, activation: { kind: name, alphas } };
  return { bias, unknown: name };
}

/** The activation of x; `slopes` are prelu's. Call it inside a tidy. */
export function activate(x: tf.Tensor, activation: Activation | undefined, alphas?: tf.Tensor): tf.Tensor {
  switch (activation?.kind) {
    case undefined:
      return x;
    case "relu":
      return tf.relu(x);
    case "relu6":
      return tf.relu6(x);
    case "elu":
      return tf.elu(x);
    case "sigmoid":
      return tf.sigmoid(x);
    case "leakyrelu":
      return tf.leakyRelu(x, activation.alpha);
    case "prelu":
      return tf.prelu(x, alphas ?? tf.scalar(0));
  }
}
