// Qwen 3 with experts (Qwen Team 2025), as transformers' modeling_qwen3_moe.py names it: Qwen 3 whose feed-forward is a mixture.

import {
  decoderClasses,
  decoderSizes,
  gatedFeedForward,
  likeLlama,
  separateAttention,
} from "../../shared/decoder-rows.ts";
import {
  balanceScale,
  balanceSwitch,
  expertTensors,
  inMixtures,
  mixedLayers,
  stackedExperts,
} from "../../shared/expert-rows.ts";
import { qwen3 } from "../like-llama/qwen3.ts";

/** The tables of `qwen3_moe`. */
export const qwen3Moe = likeLlama(
  "qwen3_moe",
  decoderClasses("Qwen3Moe", ["token-classification", "question-answering"]),
  {
    config: {
      sizes: {
        ...decoderSizes,
        keyValueHeads: { keys: ["num_key_value_heads"], fallback: 4 },
        headSize: { keys: ["head_dim"] },
        maxPositions: { keys: ["max_position_embeddings"], fallback: 32_768 },
        experts: { keys: ["num_experts", "num_local_experts"], fallback: 128 },
        expertsPerToken: { keys: ["num_experts_per_tok"], fallback: 8 },
        expertIntermediateSize: { keys: ["moe_intermediate_size"], fallback: 768 },
      },
      scalars: balanceScale(0.001),
      switches: {
        ...balanceSwitch,
        attentionBias: { key: "attention_bias", fallback: false },
        sharesAddUp: { key: "norm_topk_prob", fallback: false },
      },
      window: { size: { key: "sliding_window", fallback: 4096 }, enabledBy: "use_sliding_window", layers: "all" },
      layerKinds: mixedLayers,
      harmless: ["max_window_layers"],
    },
    linears: [...separateAttention("attentionBias"), ...inMixtures(gatedFeedForward(false), false)],
    tensors: inMixtures(expertTensors),
    norms: qwen3.norms,
    heads: qwen3.heads,
    stackedFileKeys: stackedExperts("layers.{n}.mlp", { gate: "gate_proj", up: "up_proj", down: "down_proj" }),
  },
);
