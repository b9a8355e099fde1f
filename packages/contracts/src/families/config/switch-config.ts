// Reads boolean settings, the numbers that only some families have, and the activation.

import { byName, type ScalarName, type SwitchName, scalarNames, switchNames } from "../config-names.ts";
import type { ConfigTable } from "../config-table.ts";
import type { Activation } from "../config-values.ts";
import type { ConfigReader } from "./config-reader.ts";

/** The boolean settings; problems go to the reader. */
export function readSwitches(
  reader: ConfigReader,
  { switches = {}, activation }: ConfigTable,
): Record<SwitchName, boolean> {
  const { gatedBy } = activation;
  const isGated = gatedBy !== undefined && activationName(reader, activation).startsWith(gatedBy);
  return byName(switchNames, (name) => {
    const row = switches[name];
    if (row === undefined) return name === "gatedFeedForward" && isGated;
    // In Python null is as good as false; only an absent key has the family's default.
    if (row.values === undefined && reader.peek(row.key) === null) return false;
    const otherwise = row.otherwise === undefined ? null : reader.flag(row.otherwise);
    const value = row.values === undefined ? reader.flag(row.key) : reader.choice(row.key, row.values);
    return value ?? otherwise ?? row.fallback;
  });
}

/** The numbers of single families, null where a model computes without; problems go to the reader. */
export function readScalars(reader: ConfigReader, { scalars = {} }: ConfigTable): Record<ScalarName, number | null> {
  return byName(scalarNames, (name) => {
    const row = scalars[name];
    if (row === undefined) return null;
    // null turns the bound off; only an absent key has the family's default.
    if (reader.peek(row.key) === undefined) return row.fallback;
    const value = reader.number(row.key, { min: row.mayBeZero ? 0 : 1e-6, max: 1e6 });
    return value !== null && row.isDivisor ? 1 / value : value;
  });
}

/** The share of gates that is 0 in each layer; problems go to the reader. Models with few layers have none by default. */
export function readSparsities(reader: ConfigReader, { sparsity }: ConfigTable, layers: number): readonly number[] {
  const { key, fallback = 0, sparseLayers = 0 } = sparsity ?? {};
  const shares = key === undefined ? null : (reader.peek(key) ?? null);
  const isShare = (share: unknown) => typeof share === "number" && share >= 0 && share <= 0.999;
  if (Array.isArray(shares) && shares.length === layers && shares.every(isShare)) return shares;
  if (shares !== null) reader.invalid(`${key}`, shares, `a number from 0 to 0.999 for each of ${layers} layers`);
  return Array.from({ length: layers }, (_, layer) => (layer < sparseLayers && sparseLayers < layers ? fallback : 0));
}

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
  const match = activations.get(new Map(Object.entries(activation.aliases ?? {})).get(name) ?? name);
  if (!match) reader.notHandled(activation.key ?? "activation", name, `one of ${[...activations.keys()].join(", ")}`);
  return match ?? "relu";
}

/** The name in the file, or the family's. */
function activationName(reader: ConfigReader, { key, otherKey, fallback }: ConfigTable["activation"]): string {
  return (key === undefined ? null : reader.text(reader.pick([key, otherKey ?? key]))) ?? fallback;
}
