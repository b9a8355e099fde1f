// Qwen 3 with experts (Qwen Team 2025), as transformers' modeling_qwen3_moe.py names it: Qwen 3 whose feed-forward is a mixture.

import { decoderClasses, decoderSizes, likeLlama, separateAttention } from "../../shared/decoder-rows.ts";
import { expertFixed, expertTensors, stackedExperts } from "../../shared/expert-rows.ts";
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
      switches: {
        attentionBias: { key: "attention_bias", fallback: false },
        sharesAddUp: { key: "norm_topk_prob", fallback: false },
      },
      window: { size: { key: "sliding_window", fallback: 4096 }, enabledBy: "use_sliding_window", layers: "all" },
      fixed: [
        ...expertFixed,
        { key: "decoder_sparse_step", values: [null, 1], effect: "some layers have no experts" },
        { key: "mlp_only_layers", values: [null, []], effect: "some layers have no experts" },
      ],
      harmless: ["router_aux_loss_coef", "max_window_layers"],
    },
    linears: separateAttention("attentionBias"),
    tensors: expertTensors,
    norms: qwen3.norms,
    heads: qwen3.heads,
    stackedFileKeys: stackedExperts("layers.{n}.mlp", { gate: "gate_proj", up: "up_proj", down: "down_proj" }),
  },
);
