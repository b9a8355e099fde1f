// BLOOM (BigScience 2022), as transformers' modeling_bloom.py names it: ALiBi (Press et al. 2022) instead of a position embedding,
// which `bloom` in @lowrank/models' decoders/like-gpt.ts turns on, and a norm after the embedding.

import type { Family } from "../../../family.ts";
import { decoderClasses, decoderHeads, tokenDropout } from "../../shared/decoder-rows.ts";
import { linearRows, normRows } from "../../shared/module-rows.ts";

const linear = { bias: true, layout: "out-in" } as const;

/** The tables of `bloom`. */
export const bloom: Family = {
  modelType: "bloom",
  causal: true,
  basePrefix: "transformer",
  architectures: decoderClasses("Bloom", ["token-classification", "question-answering"]),
  config: {
    sizes: {
      vocabularySize: { keys: ["vocab_size"] },
      hiddenSize: { keys: ["hidden_size", "n_embed"] },
      layers: { keys: ["n_layer", "num_hidden_layers"] },
      heads: { keys: ["n_head", "num_attention_heads"] },
      // Positions have no limit.
      maxPositions: { keys: ["max_position_embeddings"], fallback: 268_435_456 },
    },
    activation: { fallback: "gelu_new" },
    normEpsilon: { key: "layer_norm_epsilon", fallback: 1e-5 },
    dropouts: {
      attention: { keys: ["attention_dropout"], fallback: 0 },
      residual: { keys: ["hidden_dropout"], fallback: 0 },
      classifier: { ...tokenDropout, fallback: 0 },
    },
    tiedByDefault: true,
    rotary: false,
    switches: { residualAfterNorm: { key: "apply_residual_connection_post_layernorm", fallback: false } },
    fixed: [
      {
        key: "slow_but_exact",
        values: [null, false],
        effect: "true leaves out biases where pretraining_tp is more than 1",
      },
    ],
    // They only describe the order of sums and the training of the model.
    ignored: [
      "attention_softmax_in_fp32",
      "bias_dropout_fusion",
      "masked_softmax_fusion",
      "offset_alibi",
      "pretraining_tp",
      "seq_length",
      "skip_bias_add",
      "skip_bias_add_qkv",
      "unk_token_id",
    ],
  },
  embeddings: [{ path: "word_embeddings", rows: "vocabulary" }],
  linears: linearRows(linear, [
    ["h.{n}.self_attention.query_key_value", "hidden", "triple-hidden"],
    ["h.{n}.self_attention.dense", "hidden", "hidden"],
    ["h.{n}.mlp.dense_h_to_4h", "hidden", "quadruple-hidden"],
    ["h.{n}.mlp.dense_4h_to_h", "quadruple-hidden", "hidden"],
  ]),
  norms: normRows("layer", [
    "word_embeddings_layernorm",
    "h.{n}.input_layernorm",
    "h.{n}.post_attention_layernorm",
    "ln_f",
  ]),
  heads: decoderHeads("word_embeddings", { tokens: "classifier" }),
};
