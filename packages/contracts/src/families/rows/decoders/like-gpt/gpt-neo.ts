// GPT-Neo (Black et al. 2021), as transformers' modeling_gpt_neo.py names it: GPT-2 with separate projections, unscaled
// scores, and a window in every second layer.

import type { Family } from "../../../family.ts";
import { decoderClasses, decoderHeads, plainFeedForward, separateAttention } from "../../shared/decoder-rows.ts";
import { normRows } from "../../shared/module-rows.ts";

/** The tables of `gpt_neo`. */
export const gptNeo: Family = {
  modelType: "gpt_neo",
  causal: true,
  basePrefix: "transformer",
  architectures: decoderClasses("GPTNeo", ["token-classification", "question-answering"]),
  config: {
    sizes: {
      vocabularySize: { keys: ["vocab_size"] },
      hiddenSize: { keys: ["hidden_size"] },
      intermediateSize: { keys: ["intermediate_size"], fallback: { times: 4, of: "hiddenSize" } },
      layers: { keys: ["num_layers", "num_hidden_layers"] },
      heads: { keys: ["num_heads", "num_attention_heads"] },
      maxPositions: { keys: ["max_position_embeddings"], fallback: 2048 },
    },
    activation: { key: "activation_function", fallback: "gelu_new" },
    normEpsilon: { key: "layer_norm_epsilon", fallback: 1e-5 },
    dropouts: {
      embedding: { keys: ["embed_dropout"], fallback: 0 },
      attention: { keys: ["attention_dropout"], fallback: 0 },
      residual: { keys: ["resid_dropout"], fallback: 0 },
      classifier: { keys: ["classifier_dropout"], fallback: 0.1 },
    },
    tiedByDefault: true,
    rotary: false,
    window: {
      size: { key: "window_size", fallback: 256 },
      layers: {
        types: "attention_types",
        fallback: Array.from({ length: 24 }, (_, layer) => (layer % 2 === 0 ? "global" : "local")),
      },
    },
    // attention_layers repeats attention_types.
    ignored: ["attention_layers"],
  },
  embeddings: [
    { path: "wte", rows: "vocabulary" },
    { path: "wpe", rows: "positions" },
  ],
  linears: [
    ...separateAttention(false, { name: "out_proj", bias: true }).map((row) => ({
      ...row,
      path: row.path.replace("layers.{n}.self_attn", "h.{n}.attn.attention"),
    })),
    ...plainFeedForward("h.{n}.mlp.c_fc", "h.{n}.mlp.c_proj", true),
  ],
  norms: normRows("layer", ["h.{n}.ln_1", "h.{n}.ln_2", "ln_f"]),
  heads: decoderHeads("wte", { tokens: "classifier" }),
  // The mask, which older checkpoints carry as a buffer of every layer.
  ignoredFileKeys: [".attn.attention.bias", ".attn.attention.masked_bias"],
};
