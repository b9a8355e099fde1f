// The function between the two maps of a feed-forward, by transformers' names.

import type { ConfigReader } from "./config-reader.ts";
import type { ConfigTable } from "./config-table.ts";
import type { Activation } from "./model-config.ts";

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
]);

/** The activation; problems go to the reader. */
export function readActivation(reader: ConfigReader, { activation }: ConfigTable): Activation {
  const { key = "activation" } = activation;
  const name = (activation.key === undefined ? null : reader.text(key)) ?? activation.fallback;
  const known = activations.get(new Map(Object.entries(activation.aliases ?? {})).get(name) ?? name);
  if (!known) reader.notHandled(key, name, `one of ${[...activations.keys()].join(", ")}`);
  return known ?? "relu";
}
