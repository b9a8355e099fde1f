// GPT-2 (Radford et al. 2019), as transformers' modeling_gpt2.py names it. Its linear layers are "Conv1D": stored [in, out].

import type { Family } from "../../../family.ts";
import { decoderHeads, tokenDropout } from "../../shared/decoder-rows.ts";
import { linearRows, normRows } from "../../shared/module-rows.ts";

const conv1d = { bias: true, layout: "in-out" } as const;

/** The tables of `gpt2`. */
export const gpt2: Family = {
  modelType: "gpt2",
  causal: true,
  basePrefix: "transformer",
  architectures: new Map([
    ["GPT2LMHeadModel", "causal-lm"],
    ["GPT2ForSequenceClassification", "sequence-classification"],
    ["GPT2ForTokenClassification", "token-classification"],
    ["GPT2ForQuestionAnswering", "question-answering"],
    ["GPT2Model", "feature-extraction"],
  ]),
  config: {
    sizes: {
      vocabularySize: { keys: ["vocab_size"] },
      hiddenSize: { keys: ["n_embd", "hidden_size"] },
      intermediateSize: { keys: ["n_inner"], fallback: { times: 4, of: "hiddenSize" } },
      layers: { keys: ["n_layer", "num_hidden_layers"] },
      heads: { keys: ["n_head", "num_attention_heads"] },
      maxPositions: { keys: ["n_positions", "max_position_embeddings"] },
    },
    activation: { key: "activation_function", fallback: "gelu_new" },
    normEpsilon: { key: "layer_norm_epsilon", fallback: 1e-5 },
    dropouts: {
      embedding: { keys: ["embd_pdrop"], fallback: 0.1 },
      attention: { keys: ["attn_pdrop"], fallback: 0.1 },
      residual: { keys: ["resid_pdrop"], fallback: 0.1 },
      classifier: tokenDropout,
    },
    tiedByDefault: true,
    rotary: false,
    switches: {
      scaledScores: { key: "scale_attn_weights", fallback: true },
      scaledByLayer: { key: "scale_attn_by_inverse_layer_idx", fallback: false },
    },
    // reorder_and_upcast_attn changes the order of rounding in half precision only; we compute in float32.
    ignored: ["reorder_and_upcast_attn", "n_ctx"],
  },
  embeddings: [
    { path: "wte", rows: "vocabulary" },
    { path: "wpe", rows: "positions" },
  ],
  linears: linearRows(conv1d, [
    ["h.{n}.attn.c_attn", "hidden", "triple-hidden"],
    ["h.{n}.attn.c_proj", "hidden", "hidden"],
    ["h.{n}.mlp.c_fc", "hidden", "intermediate"],
    ["h.{n}.mlp.c_proj", "intermediate", "hidden"],
  ]),
  norms: normRows("layer", ["h.{n}.ln_1", "h.{n}.ln_2", "ln_f"]),
  heads: decoderHeads("wte", { tokens: "classifier" }),
  // The causal mask, which older checkpoints carry as a buffer of every layer.
  ignoredFileKeys: [".attn.bias", ".attn.masked_bias"],
};
