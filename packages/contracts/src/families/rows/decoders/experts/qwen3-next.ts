// Qwen 3 Next and Qwen 3.5 with experts (Qwen Team 2025 and 2026), as transformers' modeling_qwen3_next.py and
// modeling_qwen3_5_moe.py name them: Qwen 3.5 with a mixture and a shared expert in each layer. Qwen 3 Next's projections are
// fused, and sorted by key head.

import type { Family } from "../../../family.ts";
import { decoderClasses, decoderHeads, textPart } from "../../shared/decoder-rows.ts";
import {
  balanceScale,
  balanceSwitch,
  expertNames,
  expertTensors,
  sharedExpert,
  stackedExperts,
} from "../../shared/expert-rows.ts";
import { linearRows, sizeRow } from "../../shared/module-rows.ts";
import { hasMemory, qwen35Text, visionKeys } from "../other-norms/qwen3-5-text.ts";

const { config, tensors = [], linears } = qwen35Text;
const { intermediateSize: _, ...sizes } = config.sizes;
const isFused = (path: string) => path.includes(".linear_attn.in_proj");

/** The tables of `qwen3_5_moe_text`. */
export const qwen35MoeText: Family = {
  ...qwen35Text,
  modelType: "qwen3_5_moe_text",
  architectures: new Map([
    ["Qwen3_5MoeForCausalLM", "causal-lm"],
    ["Qwen3_5MoeTextModel", "feature-extraction"],
  ]),
  config: {
    ...config,
    sizes: {
      ...sizes,
      keyValueHeads: sizeRow("num_key_value_heads", 2),
      experts: { keys: ["num_experts", "num_local_experts"], fallback: 256 },
      expertsPerToken: sizeRow("num_experts_per_tok", 8),
      expertIntermediateSize: sizeRow("moe_intermediate_size", 512),
      sharedIntermediateSize: sizeRow("shared_expert_intermediate_size", 512),
    },
    switches: { ...config.switches, ...balanceSwitch },
    scalars: balanceScale(0.001),
    derive: (checked) => ({ ...checked, switches: { ...checked.switches, normTopkProb: true } }),
    ignored: [...(config.ignored ?? []), "intermediate_size"],
  },
  tensors: [...tensors, ...expertTensors],
  linears: [...linears.filter(({ path }) => !path.includes(".mlp.")), ...sharedExpert],
  stackedFileKeys: stackedExperts("layers.{n}.mlp", expertNames),
};

/** The tables of `qwen3_5_moe`, with the defaults of transformers' Qwen3_5MoeTextConfig. */
export const qwen35Moe = textPart(qwen35MoeText, {
  modelType: "qwen3_5_moe",
  name: "Qwen3_5MoeForConditionalGeneration",
  defaults: { hidden: 2048, layers: 40, heads: 16, vocabulary: 248_320 },
  config: { ignored: visionKeys },
});

/** The tables of `qwen3_next`. */
export const qwen3Next: Family = {
  ...qwen35MoeText,
  modelType: "qwen3_next",
  architectures: decoderClasses("Qwen3Next", ["token-classification", "question-answering"]),
  config: {
    ...qwen35MoeText.config,
    sizes: {
      ...qwen35MoeText.config.sizes,
      experts: { keys: ["num_experts", "num_local_experts"], fallback: 512 },
      expertsPerToken: sizeRow("num_experts_per_tok", 10),
    },
    switches: { ...qwen35MoeText.config.switches, normTopkProb: { key: "norm_topk_prob", fallback: true } },
    derive: (checked) => checked,
    fixed: [
      ...(config.fixed ?? []),
      { key: "decoder_sparse_step", values: [null, 1], effect: "some layers have no mixture" },
      { key: "mlp_only_layers", values: [null, []], effect: "some layers have no mixture" },
    ],
  },
  linears: [
    ...qwen35MoeText.linears.filter(({ path }) => !isFused(path)),
    ...linearRows({ bias: false, layout: "out-in", inLayers: hasMemory }, [
      ["layers.{n}.linear_attn.in_proj_qkvz", "hidden", "memory-inputs-and-gates"],
      ["layers.{n}.linear_attn.in_proj_ba", "hidden", "double-memory-heads"],
    ]),
  ],
  heads: decoderHeads("embed_tokens", { questionPrefix: "transformer" }),
};
