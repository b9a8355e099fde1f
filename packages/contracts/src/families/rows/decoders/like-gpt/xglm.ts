// XGLM (Lin et al. 2021), as transformers' modeling_xglm.py names it: scaled embeddings, and positions that are sines and cosines,
// not learned.

import type { Family } from "../../../family.ts";
import { decoderHeads, languageModelClasses, plainFeedForward, separateAttention } from "../../shared/decoder-rows.ts";
import { normRows } from "../../shared/module-rows.ts";

/** The tables of `xglm`. */
export const xglm: Family = {
  modelType: "xglm",
  causal: true,
  basePrefix: "model",
  architectures: languageModelClasses("XGLM"),
  config: {
    sizes: {
      vocabularySize: { keys: ["vocab_size"] },
      hiddenSize: { keys: ["d_model", "hidden_size"] },
      intermediateSize: { keys: ["ffn_dim"] },
      layers: { keys: ["num_layers", "num_hidden_layers"] },
      heads: { keys: ["attention_heads", "num_attention_heads"] },
      maxPositions: { keys: ["max_position_embeddings"], fallback: 2048 },
    },
    activation: { key: "activation_function", fallback: "gelu" },
    normEpsilon: { fallback: 1e-5 },
    dropouts: {
      embedding: { keys: ["dropout"], fallback: 0.1 },
      attention: { keys: ["attention_dropout"], fallback: 0.1 },
      activation: { keys: ["activation_dropout"], fallback: 0 },
      residual: { keys: ["dropout"], fallback: 0.1 },
    },
    tokenIds: { padding: 1 },
    tiedByDefault: true,
    rotary: false,
    switches: { scaledEmbedding: { key: "scale_embedding", fallback: true } },
    fixed: [{ key: "layerdrop", values: [null, 0], effect: "whole layers are dropped in training" }],
    ignored: ["init_std"],
  },
  embeddings: [{ path: "embed_tokens", rows: "vocabulary", scale: "root-of-hidden-if-switched" }],
  linears: [
    ...separateAttention(true, { name: "out_proj" }),
    ...plainFeedForward("layers.{n}.fc1", "layers.{n}.fc2", true),
  ],
  norms: normRows("layer", ["layers.{n}.self_attn_layer_norm", "layers.{n}.final_layer_norm", "layer_norm"]),
  heads: decoderHeads("embed_tokens"),
  // The table of sines, which older files store.
  ignoredFileKeys: ["embed_positions.weights"],
};
