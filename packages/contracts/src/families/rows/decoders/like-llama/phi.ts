// Phi 1 and 2 (Gunasekar et al. 2023), as transformers' modeling_phi.py names them: both halves of a layer start from one
// norm, half of each head rotates, every linear layer has a bias.

import type { Family } from "../../../family.ts";
import {
  decoderClasses,
  decoderHeads,
  decoderSizes,
  likeLlama,
  plainFeedForward,
  separateAttention,
  tokenDropout,
} from "../../shared/decoder-rows.ts";
import { linearRows } from "../../shared/module-rows.ts";

const linear = { bias: false, layout: "out-in" } as const;

/** The tables of `phi3`. */
export const phi3 = likeLlama("phi3", decoderClasses("Phi3", ["token-classification"]), {
  config: {
    sizes: decoderSizes({ maxPositions: 4096 }),
    normEpsilon: { key: "rms_norm_eps", fallback: 1e-5 },
    // transformers' Phi 3 has no dropout after the embedding, and ignores embd_pdrop.
    dropouts: {
      attention: { keys: ["attention_dropout"], fallback: 0 },
      residual: { keys: ["resid_pdrop"], fallback: 0 },
      classifier: tokenDropout,
    },
    tokenIds: { padding: 32_000 },
    rotary: {
      share: { key: "partial_rotary_factor", fallback: 1 },
      originalFallback: 4096,
      // As in transformers' Phi 3: "su" and "yarn" in its first files are LongRoPE.
      scalingAliases: { su: "longrope", yarn: "longrope" },
    },
    window: { size: { key: "sliding_window", fallback: null }, layers: "all" },
    ignored: ["embd_pdrop"],
  },
  linears: linearRows(linear, [
    ["layers.{n}.self_attn.qkv_proj", "hidden", "queries-keys-values"],
    ["layers.{n}.self_attn.o_proj", "queries", "hidden"],
    ["layers.{n}.mlp.gate_up_proj", "hidden", "double-intermediate"],
    ["layers.{n}.mlp.down_proj", "intermediate", "hidden"],
  ]),
});

/** The tables of `phi`. */
export const phi = likeLlama("phi", decoderClasses("Phi", ["token-classification"]), {
  config: {
    sizes: decoderSizes({ maxPositions: 2048 }),
    activation: { key: "hidden_act", fallback: "gelu_new" },
    normEpsilon: { key: "layer_norm_eps", fallback: 1e-5 },
    dropouts: {
      embedding: { keys: ["embd_pdrop"], fallback: 0 },
      attention: { keys: ["attention_dropout"], fallback: 0 },
      residual: { keys: ["resid_pdrop"], fallback: 0 },
      classifier: tokenDropout,
    },
    rotary: { share: { key: "partial_rotary_factor", fallback: 0.5 } },
    switches: { queryKeyNorm: { key: "qk_layernorm", fallback: false } },
  },
  linears: [
    ...separateAttention(true, { name: "dense" }),
    ...plainFeedForward("layers.{n}.mlp.fc1", "layers.{n}.mlp.fc2", true),
  ],
  norms: [
    ...["q_layernorm", "k_layernorm"].map((name): Family["norms"][number] => ({
      path: `layers.{n}.self_attn.${name}`,
      kind: "layer",
      width: "head",
      when: ({ switches }) => switches.queryKeyNorm,
    })),
    { path: "layers.{n}.input_layernorm", kind: "layer" },
    { path: "final_layernorm", kind: "layer" },
  ],
  heads: decoderHeads("embed_tokens", { bias: true }),
});
