// Qwen 1.5 and 2 with experts (Qwen Team 2024), as transformers' modeling_qwen2_moe.py names it: in addition to the routed experts,
// all tokens share one.

import {
  attentionBias,
  decoderClasses,
  decoderSizes,
  gatedFeedForward,
  likeLlama,
  separateAttention,
} from "../../shared/decoder-rows.ts";
import {
  balanceScale,
  balanceSwitch,
  expertNames,
  expertTensors,
  inMixtures,
  mixedLayers,
  sharedExpert,
  stackedExperts,
} from "../../shared/expert-rows.ts";
import { qwen3 } from "../like-llama/qwen2.ts";

/** The tables of `qwen3_moe`. */
export const qwen3Moe = likeLlama(
  "qwen3_moe",
  decoderClasses("Qwen3Moe", ["token-classification", "question-answering"]),
  {
    config: {
      sizes: {
        ...decoderSizes({ keyValueHeads: 4, headSize: null, maxPositions: 32_768 }),
        experts: { keys: ["num_experts", "num_local_experts"], fallback: 128 },
        expertsPerToken: { keys: ["num_experts_per_tok"], fallback: 8 },
        expertIntermediateSize: { keys: ["moe_intermediate_size"], fallback: 768 },
      },
      scalars: balanceScale(0.001),
      switches: {
        ...balanceSwitch,
        ...attentionBias,
        normTopkProb: { key: "norm_topk_prob", fallback: false },
      },
      window: { size: { key: "sliding_window", fallback: 4096 }, enabledBy: "use_sliding_window", layers: "all" },
      layerKinds: mixedLayers,
      ignored: ["max_window_layers"],
    },
    linears: [...separateAttention("attentionBias"), ...inMixtures(gatedFeedForward(false), false)],
    tensors: inMixtures(expertTensors),
    norms: qwen3.norms,
    heads: qwen3.heads,
    stackedFileKeys: stackedExperts("layers.{n}.mlp", expertNames),
  },
);

/** The tables of `qwen2_moe`. */
export const qwen2Moe = likeLlama(
  "qwen2_moe",
  decoderClasses("Qwen2Moe", ["token-classification", "question-answering"]),
  {
    config: {
      sizes: {
        ...decoderSizes({ keyValueHeads: 16, maxPositions: 32_768 }),
        experts: { keys: ["num_experts", "num_local_experts"], fallback: 60 },
        expertsPerToken: { keys: ["num_experts_per_tok"], fallback: 4 },
        expertIntermediateSize: { keys: ["moe_intermediate_size"], fallback: 1408 },
        sharedIntermediateSize: { keys: ["shared_expert_intermediate_size"], fallback: 5632 },
      },
      scalars: balanceScale(0.001),
      switches: {
        ...balanceSwitch,
        attentionBias: { key: "qkv_bias", fallback: true },
        normTopkProb: { key: "norm_topk_prob", fallback: false },
      },
      window: {
        size: { key: "sliding_window", fallback: 4096 },
        enabledBy: "use_sliding_window",
        layers: { alternatingBelow: "max_window_layers", fallback: 28 },
      },
      layerKinds: mixedLayers,
      // The first layer with a window, if the file has no type for each layer.
      ignored: ["max_window_layers"],
    },
    linears: [
      ...separateAttention("attentionBias", { bias: false }),
      ...inMixtures(sharedExpert),
      ...inMixtures(gatedFeedForward(false), false),
    ],
    tensors: inMixtures(expertTensors),
    stackedFileKeys: stackedExperts("layers.{n}.mlp", expertNames),
  },
);
