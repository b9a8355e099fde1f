// GPT-J (Wang and Komatsuzaki 2021), as transformers' modeling_gptj.py names it: both halves of a layer start from one
// norm, and the first features of each head rotate in adjacent pairs.

import type { Family } from "../../../family.ts";
import { decoderClasses, decoderHeads, plainFeedForward, separateAttention } from "../../shared/decoder-rows.ts";
import { normRows } from "../../shared/module-rows.ts";

/** The tables of `gptj`. */
export const gptj: Family = {
  modelType: "gptj",
  causal: true,
  basePrefix: "transformer",
  architectures: decoderClasses("GPTJ", ["question-answering"]),
  config: {
    sizes: {
      vocabularySize: { keys: ["vocab_size"] },
      hiddenSize: { keys: ["n_embd", "hidden_size"] },
      intermediateSize: { keys: ["n_inner"], fallback: { times: 4, of: "hiddenSize" } },
      layers: { keys: ["n_layer", "num_hidden_layers"] },
      heads: { keys: ["n_head", "num_attention_heads"] },
      maxPositions: { keys: ["n_positions", "max_position_embeddings"], fallback: 2048 },
    },
    activation: { key: "activation_function", fallback: "gelu_new" },
    normEpsilon: { key: "layer_norm_epsilon", fallback: 1e-5 },
    dropouts: {
      embedding: { keys: ["embd_pdrop"], fallback: 0 },
      attention: { keys: ["attn_pdrop"], fallback: 0 },
      residual: { keys: ["resid_pdrop"], fallback: 0 },
    },
    tiedByDefault: false,
    rotary: { features: { key: "rotary_dim", fallback: 64 } },
    ignored: ["n_ctx", "rotary", "scale_attn_weights"],
  },
  embeddings: [{ path: "wte", rows: "vocabulary" }],
  linears: [
    ...separateAttention(false, { name: "out_proj" }).map((row) => ({
      ...row,
      path: row.path.replace("layers.{n}.self_attn", "h.{n}.attn"),
    })),
    ...plainFeedForward("h.{n}.mlp.fc_in", "h.{n}.mlp.fc_out", true),
  ],
  norms: normRows("layer", ["h.{n}.ln_1", "ln_f"]),
  heads: decoderHeads("wte", { bias: true }),
  // The causal mask, which older checkpoints carry as a buffer of every layer.
  ignoredFileKeys: [".attn.bias", ".attn.masked_bias"],
};
