// The common parts of mixtures of experts: a router, and the matrices of all experts in two stacks, [experts, out, in].

import { describeValue } from "../../../messages.ts";
import type { ConfigTable } from "../../config-table.ts";
import type { ConfigValues } from "../../config-values.ts";
import type { ConfigProblem } from "../../errors.ts";
import type { LinearRow, StackedFileKeys, TensorRow } from "../../family.ts";
import { linearRows, parameterRow, sizeRow } from "./module-rows.ts";

const moe = "layers.{n}.mlp";

/** `gate` and `experts`; the router is not a linear layer in transformers. */
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

/** A bias for choosing experts, and a shared feed-forward instead of several shared experts (DeepSeek, GLM). */
export const scoreCorrectionBias: TensorRow = {
  path: `${moe}.gate.e_score_correction_bias`,
  kind: "buffer",
  shape: ({ experts }) => [experts],
};
export const sharedExperts: readonly LinearRow[] = linearRows(
  { bias: false, layout: "out-in", when: (config) => config.sharedExperts > 0 },
  [
    [`${shared}s.gate_proj`, "hidden", "shared-experts"],
    [`${shared}s.up_proj`, "hidden", "shared-experts"],
    [`${shared}s.down_proj`, "shared-experts", "hidden"],
  ],
);

/** Sizes and settings of DeepSeek's router, which first chooses groups of experts, with a file's meaning of absent keys. */
export function groupedRouter(defaults: {
  readonly experts: number;
  readonly width: number;
  readonly groups: number;
  readonly groupsPerToken: number;
  readonly plainLayers: number;
  readonly scale: number;
}) {
  return {
    sizes: {
      experts: { keys: ["n_routed_experts", "num_local_experts"], fallback: defaults.experts },
      expertsPerToken: sizeRow("num_experts_per_tok", 8),
      expertIntermediateSize: sizeRow("moe_intermediate_size", defaults.width),
      sharedExperts: sizeRow("n_shared_experts", 1),
      expertGroups: sizeRow("n_group", defaults.groups),
      expertGroupsPerToken: sizeRow("topk_group", defaults.groupsPerToken),
    },
    scalars: { routedScale: { key: "routed_scaling_factor", fallback: defaults.scale } },
    switches: { normTopkProb: { key: "norm_topk_prob", fallback: true } },
    layerKinds: { kind: "experts", from: { key: "first_k_dense_replace", fallback: defaults.plainLayers } },
    fixed: [
      { key: "scoring_func", values: [null, "sigmoid"], effect: "experts are chosen by other scores" },
      { key: "topk_method", values: [null, "noaux_tc"], effect: "experts are chosen in another way" },
      { key: "moe_layer_freq", values: [null, 1], effect: "some layers have no mixture" },
    ],
    // Losses of the first training, and layers that predict further tokens.
    ignored: [
      ...["output_router_logits", "aux_loss_alpha", "seq_aux", "ep_size", "pretraining_tp"],
      ...["num_nextn_predict_layers", "num_mtp_layers"],
    ],
  } as const satisfies Partial<ConfigTable>;
}

/** The groups must divide the experts, and the chosen groups must have enough experts. */
export function problemsOfGroups(config: ConfigValues): readonly ConfigProblem[] {
  const { experts, expertGroups: groups, expertGroupsPerToken: chosen, expertsPerToken } = config;
  const size = experts / groups;
  const invalid = (key: string, value: number, expected: string) =>
    ({ kind: "invalid", key, got: describeValue(value), expected }) as const;
  // A group's score is the sum of its two best.
  if (!Number.isInteger(size) || (groups > 1 && size < 2))
    return [invalid("n_group", groups, `a divisor of the number of experts (${experts}), of two experts or more each`)];
  if (chosen > groups) return [invalid("topk_group", chosen, `at most n_group (${groups})`)];
  if (chosen * size >= expertsPerToken) return [];
  return [invalid("topk_group", chosen, `enough groups for ${expertsPerToken} experts`)];
}

/** The names of an expert's projections in most families. */
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

/** Whether a file requests the load-balancing loss, which is added to a language model's own. */
export const balanceSwitch = { balancesExperts: { key: "output_router_logits", fallback: false } } as const;

/** The factor of this loss. */
export function balanceScale(fallback: number): NonNullable<ConfigTable["scalars"]> {
  return { balanceScale: { key: "router_aux_loss_coef", fallback, mayBeZero: true } };
}

/** In Qwen's files some layers may have a plain feed-forward. */
export const mixedLayers = { kind: "experts", plain: "mlp_only_layers", each: "decoder_sparse_step" } as const;

/** Rows only for layers with a mixture, or only for those without. */
export function inMixtures<Row extends LinearRow | TensorRow>(rows: readonly Row[], are = true): readonly Row[] {
  return rows.map((row) => ({
    ...row,
    inLayers: ({ layerKinds }: ConfigValues, layer: number) => (layerKinds[layer] === "experts") === are,
  }));
}
