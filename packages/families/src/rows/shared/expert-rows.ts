// What mixtures of experts have in common: a router, and the maps of all experts in two stacks, [experts, out, in].

import type { StackedFileKeys, TensorRow } from "../../family.ts";

const moe = "layers.{n}.mlp";

/** `gate` and `experts`; the router is no linear layer in transformers. */
export const expertTensors: readonly TensorRow[] = [
  {
    path: `${moe}.gate.weight`,
    kind: "parameter",
    shape: ({ experts, hiddenSize }) => [experts, hiddenSize],
  },
  {
    path: `${moe}.experts.gate_up_proj`,
    kind: "parameter",
    shape: ({ experts, expertIntermediateSize, hiddenSize }) => [experts, 2 * expertIntermediateSize, hiddenSize],
  },
  {
    path: `${moe}.experts.down_proj`,
    kind: "parameter",
    shape: ({ experts, expertIntermediateSize, hiddenSize }) => [experts, hiddenSize, expertIntermediateSize],
  },
];

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

/** What balances experts while they train from scratch; adapters leave it out, as transformers does by default. */
export const expertFixed = [
  { key: "output_router_logits", values: [null, false], effect: "true adds a loss that balances the experts" },
] as const;
