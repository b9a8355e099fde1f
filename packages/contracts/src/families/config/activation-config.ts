// The function between the two maps of a feed-forward, by transformers' names.

import type { ConfigTable } from "../config-table.ts";
import type { Activation } from "../config-values.ts";
import type { ConfigReader } from "./config-reader.ts";

/** transformers' names of the activation functions that are computed (activations.py). */
const activations: ReadonlyMap<string, Activation> = new Map<string, Activation>([
  ["gelu", "gelu-erf"],
  ["gelu_python", "gelu-erf"],
  ["gelu_new", "gelu-tanh"],
  ["gelu_fast", "gelu-tanh"],
  ["gelu_accurate", "gelu-tanh"],
  ["gelu_pytorch_tanh", "gelu-tanh"],
  ["silu", "silu"],
  ["swish", "silu"],
  ["relu", "relu"],
  ["relu2", "relu-squared"],
  ["quick_gelu", "gelu-sigmoid"],
  ["sigmoid", "sigmoid"],
  ["tanh", "tanh"],
  ["mish", "mish"],
  ["gelu_10", "gelu-clipped"],
  ["relu6", "relu6"],
  ["leaky_relu", "leaky-relu"],
  ["laplace", "laplace"],
  ["linear", "linear"],
]);

/** The activation; problems go to the reader. */
export function readActivation(reader: ConfigReader, { activation }: ConfigTable): Activation {
  const name = activationName(reader, activation);
  const known = activations.get(new Map(Object.entries(activation.aliases ?? {})).get(name) ?? name);
  if (!known) reader.notHandled(activation.key ?? "activation", name, `one of ${[...activations.keys()].join(", ")}`);
  return known ?? "relu";
}

/** The name in the file, or the family's. */
export function activationName(reader: ConfigReader, { key, otherKey, fallback }: ConfigTable["activation"]): string {
  return (key === undefined ? null : reader.text(reader.pick([key, otherKey ?? key]))) ?? fallback;
}
