// What mixtures of experts have in common: a router, and the maps of all experts in two stacks, [experts, out, in].

import type { ConfigTable } from "../../config-table.ts";
import type { ConfigValues } from "../../config-values.ts";
import type { LinearRow, StackedFileKeys, TensorRow } from "../../family.ts";
import { linearRows, parameterRow } from "./module-rows.ts";

const moe = "layers.{n}.mlp";

/** `gate` and `experts`; the router is no linear layer in transformers. */
export const expertTensors: readonly TensorRow[] = [
  parameterRow(`${moe}.gate.weight`, ({ experts, hiddenSize }) => [experts, hiddenSize]),
  parameterRow(`${moe}.experts.gate_up_proj`, ({ experts, expertIntermediateSize, hiddenSize }) => [
    experts,
    2 * expertIntermediateSize,
    hiddenSize,
  ]),
  parameterRow(`${moe}.experts.down_proj`, ({ experts, expertIntermediateSize, hiddenSize }) => [
    experts,
    hiddenSize,
    expertIntermediateSize,
  ]),
];

const shared = `${moe}.shared_expert`;

/** Qwen's feed-forward of all tokens next to the experts, and the gate that its output is multiplied by. */
export const sharedExpert: readonly LinearRow[] = linearRows({ bias: false, layout: "out-in" }, [
  [`${shared}.gate_proj`, "hidden", "shared-intermediate"],
  [`${shared}.up_proj`, "hidden", "shared-intermediate"],
  [`${shared}.down_proj`, "shared-intermediate", "hidden"],
  [`${shared}_gate`, "hidden", 1],
]);

/** The names of an expert's maps in most families. */
export const expertNames = { gate: "gate_proj", up: "up_proj", down: "down_proj" } as const;

/** Files with a module for each expert, as transformers before version 5 wrote all of them. */
export function stackedExperts(
  module: string,
  { gate, up, down }: { readonly gate: string; readonly up: string; readonly down: string },
): readonly StackedFileKeys[] {
  const piece = (name: string) => `${module}.experts.{e}.${name}.weight`;
  return [
    { path: `${moe}.experts.gate_up_proj`, pieces: [piece(gate), piece(up)] },
    { path: `${moe}.experts.down_proj`, pieces: [piece(down)] },
  ];
}

/** Where a file asks for a loss that balances the experts, to be added to a language model's own. */
export const balanceSwitch = { balancesExperts: { key: "output_router_logits", fallback: false } } as const;

/** What that is multiplied by. */
export function balanceScale(fallback: number): NonNullable<ConfigTable["scalars"]> {
  return { balanceScale: { key: "router_aux_loss_coef", fallback, mayBeZero: true } };
}

/** In Qwen's files some layers may have a plain feed-forward. */
export const mixedLayers = { kind: "experts", plain: "mlp_only_layers", each: "decoder_sparse_step" } as const;

/** Rows of layers that have a mixture, and of those that have none. */
export function inMixtures<Row extends LinearRow | TensorRow>(rows: readonly Row[], are = true): readonly Row[] {
  return rows.map((row) => ({
    ...row,
    inLayers: ({ layerKinds }: ConfigValues, layer: number) => (layerKinds[layer] === "experts") === are,
  }));
}
