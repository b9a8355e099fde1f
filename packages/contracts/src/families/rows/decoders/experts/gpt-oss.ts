// GPT-OSS (OpenAI 2025), as transformers' modeling_gpt_oss.py names it: a mixture of experts with bounded gates, attention that may
// also rest on a learned sink, and windows in every second layer.

import type { TensorRow } from "../../../family.ts";
import { decoderClasses, decoderSizes, likeLlama, separateAttention } from "../../shared/decoder-rows.ts";
import { balanceScale, balanceSwitch } from "../../shared/expert-rows.ts";

const parameter = (path: string, shape: TensorRow["shape"], isStackedInOut = false): TensorRow => {
  return { path: `layers.{n}.${path}`, kind: "parameter", shape, isStackedInOut };
};

/** The tables of `gpt_oss`. */
export const gptOss = likeLlama("gpt_oss", decoderClasses("GptOss", ["token-classification"]), {
  config: {
    sizes: {
      ...decoderSizes({ keyValueHeads: 8, headSize: 64, maxPositions: 131_072 }),
      intermediateSize: { keys: ["intermediate_size"], fallback: 2880 },
      experts: { keys: ["num_local_experts", "num_experts"], fallback: 128 },
      expertsPerToken: { keys: ["num_experts_per_tok", "experts_per_token"], fallback: 4 },
    },
    normEpsilon: { key: "rms_norm_eps", fallback: 1e-5 },
    rotary: {
      thetaFallback: 150_000,
      standard: { rope_type: "yarn", factor: 32, truncate: false, original_max_position_embeddings: 4096 },
    },
    switches: { ...balanceSwitch, attentionBias: { key: "attention_bias", fallback: true } },
    scalars: {
      ...balanceScale(0.9),
      swigluAlpha: { key: "swiglu_alpha", fallback: 1.702 },
      gateLimit: { key: "swiglu_limit", fallback: 7 },
    },
    window: { size: { key: "sliding_window", fallback: 128 }, layers: "alternating" },
    // OpenAI's own names of values that the file also has under transformers' names. Experts in MXFP4 are read; other quantizations have
    // other names or types, which loading refuses.
    ignored: ["initial_context_length", "quantization_config"],
  },
  linears: separateAttention("attentionBias"),
  tensors: [
    parameter("self_attn.sinks", ({ heads }) => [heads]),
    parameter("mlp.router.weight", ({ experts, hiddenSize }) => [experts, hiddenSize]),
    parameter("mlp.router.bias", ({ experts }) => [experts]),
    parameter(
      "mlp.experts.gate_up_proj",
      ({ experts, intermediateSize, hiddenSize }) => [experts, hiddenSize, 2 * intermediateSize],
      true,
    ),
    parameter("mlp.experts.gate_up_proj_bias", ({ experts, intermediateSize }) => [experts, 2 * intermediateSize]),
    parameter(
      "mlp.experts.down_proj",
      ({ experts, intermediateSize, hiddenSize }) => [experts, intermediateSize, hiddenSize],
      true,
    ),
    parameter("mlp.experts.down_proj_bias", ({ experts, hiddenSize }) => [experts, hiddenSize]),
  ],
});
