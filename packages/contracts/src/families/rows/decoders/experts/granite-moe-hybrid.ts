// Granite 4 (Granite Team 2025), as transformers' modeling_granitemoehybrid.py names it: Granite with Mamba-2 in most layers, a fused
// feed-forward that all tokens use, and in some sizes experts next to it.

import { sizeLimits } from "../../../config-names.ts";
import type { LinearRow, TensorRow } from "../../../family.ts";
import {
  attentionBias,
  decoderSizes,
  languageModelClasses,
  likeLlama,
  separateAttention,
} from "../../shared/decoder-rows.ts";
import { balanceScale, balanceSwitch, expertTensors } from "../../shared/expert-rows.ts";
import { mambaConfig, mambaRows, withMambaHeadSize } from "../../shared/mamba-rows.ts";
import { linearRows, sizeRow } from "../../shared/module-rows.ts";
import { granite } from "../like-llama/granite.ts";
import { hasAttention, hasMemory } from "../other-norms/qwen3-5-text.ts";

const mamba = mambaRows({ inLayers: hasMemory });
const moe = "layers.{n}.block_sparse_moe";

/** The names of Mixtral's tensors under another module. */
const experts: readonly TensorRow[] = expertTensors.map((row) => ({
  ...row,
  path: row.path.replace("layers.{n}.mlp", moe).replace(".gate.", ".router."),
  when: ({ experts }) => experts > 0,
}));

const feedForward: readonly LinearRow[] = linearRows({ bias: false, layout: "out-in" }, [
  ["layers.{n}.shared_mlp.input_linear", "hidden", "double-shared-intermediate"],
  ["layers.{n}.shared_mlp.output_linear", "shared-intermediate", "hidden"],
]);

const { intermediateSize: _, ...sizes } = decoderSizes({ headSize: null, maxPositions: 2048 });

/** The tables of `granitemoehybrid`. */
export const graniteMoeHybrid = likeLlama("granitemoehybrid", languageModelClasses("GraniteMoeHybrid"), {
  config: {
    ...mambaConfig,
    sizes: {
      ...sizes,
      ...mambaConfig.sizes,
      experts: { keys: ["num_local_experts", "num_experts"], fallback: 8, mayBeZero: true },
      expertsPerToken: sizeRow("num_experts_per_tok", 2),
      expertIntermediateSize: sizeRow("intermediate_size", 11_008),
      sharedIntermediateSize: sizeRow("shared_intermediate_size", 1024),
    },
    dropouts: granite.config.dropouts,
    switches: {
      ...mambaConfig.switches,
      ...attentionBias,
      ...balanceSwitch,
      rotaryPositions: { key: "position_embedding_type", values: ["nope", "rope"], fallback: false },
    },
    scalars: { ...granite.config.scalars, ...balanceScale(0.001) },
    layerKinds: { kind: "memory", types: ["full_attention", "linear_attention"] },
    respell,
    derive: (config) => ({
      ...config,
      rotatingLayers: config.rotatingLayers.map(() => config.switches.rotaryPositions),
      switches: { ...config.switches, normTopkProb: true, memoryNorm: true },
    }),
  },
  embeddings: granite.embeddings,
  tensors: [...mamba.tensors, ...experts],
  linears: [
    ...separateAttention("attentionBias").map((row) => ({ ...row, inLayers: hasAttention })),
    ...mamba.linears,
    ...feedForward,
  ],
  fileSpellings: [
    { file: `${moe}.input_linear.weight`, path: `${moe}.experts.gate_up_proj` },
    { file: `${moe}.output_linear.weight`, path: `${moe}.experts.down_proj` },
    { file: `${moe}.router.layer.weight`, path: `${moe}.router.weight` },
  ],
});

/** Older names of layers, all Mamba layers unless the file lists them, and no number of chosen experts without experts. */
function respell(values: ReadonlyMap<string, unknown>): ReadonlyMap<string, unknown> {
  const sized = withMambaHeadSize(values, (at) => at("mamba_expand", 2) * at("hidden_size", 4096));
  const layers = Math.min(Number(values.get("num_hidden_layers")) || 0, sizeLimits.layers);
  const types = values.get("layer_types") ?? Array.from({ length: layers }, () => "mamba");
  const named = Array.isArray(types) ? types.map((type) => olderNames.get(type) ?? type) : types;
  const chosen = values.get("num_local_experts") === 0 ? null : values.get("num_experts_per_tok");
  return new Map([...sized, ["layer_types", named], ["num_experts_per_tok", chosen]]);
}

const olderNames: ReadonlyMap<unknown, string> = new Map([
  ["mamba", "linear_attention"],
  ["attention", "full_attention"],
]);
