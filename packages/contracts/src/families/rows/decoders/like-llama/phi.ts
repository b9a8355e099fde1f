// Phi 1 and 2 (Gunasekar et al. 2023), as transformers' modeling_phi.py names them: both halves of a layer start from one
// norm, half of each head rotates, every map has a bias.

import type { Family } from "../../../family.ts";
import {
  decoderClasses,
  decoderHeads,
  decoderSizes,
  plainFeedForward,
  rotaryBuffers,
  separateAttention,
  tokenDropout,
} from "../../shared/decoder-rows.ts";

/** The tables of `phi`. */
export const phi: Family = {
  modelType: "phi",
  causal: true,
  basePrefix: "model",
  architectures: decoderClasses("Phi", ["token-classification"]),
  config: {
    sizes: { ...decoderSizes, maxPositions: { keys: ["max_position_embeddings"], fallback: 2048 } },
    activation: { key: "hidden_act", fallback: "gelu_new" },
    normEpsilon: { key: "layer_norm_eps", fallback: 1e-5 },
    dropouts: {
      embedding: { keys: ["embd_pdrop"], fallback: 0 },
      attention: { keys: ["attention_dropout"], fallback: 0 },
      residual: { keys: ["resid_pdrop"], fallback: 0 },
      classifier: tokenDropout,
    },
    tiedByDefault: false,
    rotary: { share: { key: "partial_rotary_factor", fallback: 0.5 } },
    switches: { queryKeyNorm: { key: "qk_layernorm", fallback: false } },
  },
  embeddings: [{ path: "embed_tokens", rows: "vocabulary" }],
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
  ignoredFileKeys: rotaryBuffers,
};
