// Phi 3 (Abdin et al. 2024), as transformers' modeling_phi3.py names it: LLaMA whose query, key and value share a matrix,
// and so do gate and up.

import { decoderClasses, decoderSizes, likeLlama, tokenDropout } from "../../shared/decoder-rows.ts";
import { linearRows } from "../../shared/module-rows.ts";

const linear = { bias: false, layout: "out-in" } as const;

/** The tables of `phi3`. */
export const phi3 = likeLlama("phi3", decoderClasses("Phi3", ["token-classification"]), {
  config: {
    sizes: { ...decoderSizes, maxPositions: { keys: ["max_position_embeddings"], fallback: 4096 } },
    normEpsilon: { key: "rms_norm_eps", fallback: 1e-5 },
    // transformers' Phi 3 has no dropout after the embedding, whatever embd_pdrop says.
    dropouts: {
      attention: { keys: ["attention_dropout"], fallback: 0 },
      residual: { keys: ["resid_pdrop"], fallback: 0 },
      classifier: tokenDropout,
    },
    tokenIds: { padding: 32_000 },
    rotary: {
      share: { key: "partial_rotary_factor", fallback: 1 },
      originalFallback: 4096,
      // As transformers' Phi 3: what its first files called "su", or "yarn", has always been LongRoPE.
      scalingAliases: { su: "longrope", yarn: "longrope" },
    },
    window: { size: { key: "sliding_window", fallback: null }, layers: "all" },
    harmless: ["embd_pdrop"],
  },
  linears: linearRows(linear, [
    ["layers.{n}.self_attn.qkv_proj", "hidden", "queries-keys-values"],
    ["layers.{n}.self_attn.o_proj", "queries", "hidden"],
    ["layers.{n}.mlp.gate_up_proj", "hidden", "double-intermediate"],
    ["layers.{n}.mlp.down_proj", "intermediate", "hidden"],
  ]),
});
