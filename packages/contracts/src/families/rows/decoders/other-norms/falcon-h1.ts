// Falcon H1 (Falcon LLM Team 2025), as transformers' modeling_falcon_h1.py names it: attention and Mamba-2 next to each other in every
// layer, and a multiplier for each projection.

import {
  decoderSizes,
  gatedFeedForward,
  languageModelClasses,
  likeLlama,
  linearBiases,
  separateAttention,
} from "../../shared/decoder-rows.ts";
import { mambaConfig, mambaRows, type NumberAt, withMambaHeadSize } from "../../shared/mamba-rows.ts";
import { normRows } from "../../shared/module-rows.ts";
import { granite } from "../like-llama/granite.ts";

const mamba = mambaRows();
const factor = (key: string) => ({ key, fallback: 1 });

/** Keys of lists of multipliers, with their lengths. */
const lists = { mlp_multipliers: 2, ssm_multipliers: 5 } as const;

/** The tables of `falcon_h1`. */
export const falconH1 = likeLlama("falcon_h1", languageModelClasses("FalconH1"), {
  config: {
    ...mambaConfig,
    sizes: { ...decoderSizes({ keyValueHeads: 8, headSize: null, maxPositions: 8192 }), ...mambaConfig.sizes },
    normEpsilon: { key: "rms_norm_eps", fallback: 1e-5 },
    dropouts: granite.config.dropouts,
    tokenIds: { padding: 0 },
    switches: {
      ...mambaConfig.switches,
      ...linearBiases,
      memoryNorm: { key: "mamba_rms_norm", fallback: false },
      normBefore: { key: "mamba_norm_before_gate", fallback: true },
    },
    scalars: {
      embeddingScale: factor("embedding_multiplier"),
      logitScale: factor("lm_head_multiplier"),
      scoreScale: factor("key_multiplier"),
      attentionInputScale: factor("attention_in_multiplier"),
      attentionOutputScale: factor("attention_out_multiplier"),
      memoryInputScale: factor("ssm_in_multiplier"),
      memoryOutputScale: factor("ssm_out_multiplier"),
      gateScale: factor("mlp_multipliers[0]"),
      downScale: factor("mlp_multipliers[1]"),
      memoryGateScale: factor("ssm_multipliers[0]"),
      memoryValueScale: factor("ssm_multipliers[1]"),
      memoryKeyScale: factor("ssm_multipliers[2]"),
      memoryQueryScale: factor("ssm_multipliers[3]"),
      memoryStepScale: factor("ssm_multipliers[4]"),
    },
    fixed: [
      ...mambaConfig.fixed,
      { key: "projectors_bias", values: [null, false], effect: "true adds biases to the projections of Mamba layers" },
      ...Object.entries(lists).map(([key, length]) => ({
        key,
        values: [null],
        effect: `it is no list of ${length} numbers`,
      })),
    ],
    respell,
    // Keys that are multiplied multiply their scores.
    derive: (config) => ({
      ...config,
      scalars: { ...config.scalars, scoreScale: (config.scalars.scoreScale ?? 1) / Math.sqrt(config.headSize) },
    }),
    ignored: [
      ...mambaConfig.ignored,
      ...["num_logits_to_keep", "attn_layer_indices", "mamba_use_mlp", "mlp_expansion_factor"],
    ],
  },
  embeddings: granite.embeddings,
  tensors: mamba.tensors,
  linears: [
    ...separateAttention("attentionBias"),
    ...mamba.linears,
    ...gatedFeedForward("feedForwardBias", "feed_forward"),
  ],
  norms: normRows("root-mean-square", ["layers.{n}.input_layernorm", "layers.{n}.pre_ff_layernorm", "final_layernorm"]),
});

/** Lists of multipliers as a key for each. */
function respell(values: ReadonlyMap<string, unknown>): ReadonlyMap<string, unknown> {
  // null means the expanded width, and no key a number.
  const defaultSize = (numberAt: NumberAt) =>
    values.has("mamba_d_ssm") ? numberAt("mamba_expand", 2) * numberAt("hidden_size", 4096) : 1024;
  const respelt = new Map(withMambaHeadSize(values, (numberAt) => numberAt("mamba_d_ssm", defaultSize(numberAt))));
  for (const [key, length] of Object.entries(lists)) {
    const list = values.get(key);
    if (!Array.isArray(list) || list.length !== length) continue;
    respelt.delete(key);
    for (const [place, number] of list.entries()) respelt.set(`${key}[${place}]`, number);
  }
  return respelt;
}
