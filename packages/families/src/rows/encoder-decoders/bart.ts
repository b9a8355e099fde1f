// BART (Lewis et al. 2020), as transformers' modeling_bart.py names it: an encoder and a decoder with learned positions
// that start at row 2, norms after each sum.

import type { EmbeddingRow, Family, LinearRow, Width } from "../../family.ts";
import { classifierRow, lastTokenClassification } from "../shared/encoder-rows.ts";
import { linearRows, normRows } from "../shared/module-rows.ts";

const linear = { bias: true, layout: "out-in" } as const;

function attention(layer: string, name: "self_attn" | "encoder_attn"): readonly LinearRow[] {
  return linearRows(linear, [
    [`${layer}.${name}.k_proj`, "hidden", "hidden"],
    [`${layer}.${name}.v_proj`, "hidden", "hidden"],
    [`${layer}.${name}.q_proj`, "hidden", "hidden"],
    [`${layer}.${name}.out_proj`, "hidden", "hidden"],
  ]);
}

function feedForward(layer: string, width: Width): readonly LinearRow[] {
  return linearRows(linear, [
    [`${layer}.fc1`, "hidden", width],
    [`${layer}.fc2`, width, "hidden"],
  ]);
}

const tokens = { rows: "vocabulary", scale: "root-of-hidden-if-switched" } as const;
const positions = (stack: "encoder" | "decoder"): EmbeddingRow => {
  return { path: `${stack}.embed_positions`, rows: "positions", extraRows: 2 };
};

export const bart: Family = {
  modelType: "bart",
  causal: false,
  basePrefix: "model",
  architectures: new Map([
    ["BartForConditionalGeneration", "sequence-to-sequence"],
    ["BartForSequenceClassification", "sequence-classification"],
    ["BartForQuestionAnswering", "question-answering"],
    ["BartModel", "feature-extraction"],
  ]),
  config: {
    sizes: {
      vocabularySize: { keys: ["vocab_size"] },
      hiddenSize: { keys: ["d_model"] },
      layers: { keys: ["encoder_layers"] },
      decoderLayers: { keys: ["decoder_layers"] },
      heads: { keys: ["encoder_attention_heads"] },
      decoderHeads: { keys: ["decoder_attention_heads"] },
      intermediateSize: { keys: ["encoder_ffn_dim"] },
      decoderIntermediateSize: { keys: ["decoder_ffn_dim"] },
      maxPositions: { keys: ["max_position_embeddings"], fallback: 1024 },
    },
    activation: { key: "activation_function", fallback: "gelu" },
    normEpsilon: { fallback: 1e-5 },
    dropouts: {
      embedding: { keys: ["dropout"], fallback: 0.1 },
      attention: { keys: ["attention_dropout"], fallback: 0 },
      activation: { keys: ["activation_dropout"], fallback: 0 },
      residual: { keys: ["dropout"], fallback: 0.1 },
      classifier: { keys: ["classifier_dropout", "classif_dropout"], fallback: 0 },
    },
    tiedByDefault: true,
    rotary: false,
    tokenIds: { padding: 1, decoderStart: 2 },
    switches: { scaledEmbedding: { key: "scale_embedding", fallback: false } },
    fixed: [
      { key: "is_encoder_decoder", values: [true], effect: "false leaves out the encoder" },
      { key: "is_decoder", values: [false], effect: "true leaves out the encoder" },
      { key: "encoder_layerdrop", values: [null, 0], effect: "whole layers drop out while training" },
      { key: "decoder_layerdrop", values: [null, 0], effect: "whole layers drop out while training" },
      { key: "normalize_before", values: [false], effect: "true normalises before each half" },
      { key: "normalize_embedding", values: [true], effect: "false leaves out the first norm" },
      { key: "add_final_layer_norm", values: [false], effect: "true adds a norm at the end" },
      { key: "add_bias_logits", values: [false], effect: "true adds a trained bias to the logits" },
      {
        key: "static_position_embeddings",
        values: [false],
        effect: "true computes positions instead of learning them",
      },
    ],
    harmless: ["extra_pos_embeddings", "force_bos_token_to_be_generated", "init_std", "num_hidden_layers"],
  },
  embeddings: [
    { path: "shared", ...tokens },
    { path: "encoder.embed_tokens", sharedWith: "shared", sharesOnlyIfTied: true, ...tokens },
    positions("encoder"),
    { path: "decoder.embed_tokens", sharedWith: "shared", sharesOnlyIfTied: true, ...tokens },
    positions("decoder"),
  ],
  linears: [
    ...attention("encoder.layers.{n}", "self_attn"),
    ...feedForward("encoder.layers.{n}", "intermediate"),
    ...attention("decoder.layers.{m}", "self_attn"),
    ...attention("decoder.layers.{m}", "encoder_attn"),
    ...feedForward("decoder.layers.{m}", "decoder-intermediate"),
  ],
  norms: normRows("layer", [
    "encoder.layers.{n}.self_attn_layer_norm",
    "encoder.layers.{n}.final_layer_norm",
    "encoder.layernorm_embedding",
    "decoder.layers.{m}.self_attn_layer_norm",
    "decoder.layers.{m}.encoder_attn_layer_norm",
    "decoder.layers.{m}.final_layer_norm",
    "decoder.layernorm_embedding",
  ]),
  heads: {
    "sequence-to-sequence": {
      tensors: [{ path: "final_logits_bias", kind: "buffer", shape: ({ vocabularySize }) => [1, vocabularySize] }],
      linears: [
        {
          path: "lm_head",
          role: "output-head",
          inFeatures: "hidden",
          outFeatures: "vocabulary",
          bias: false,
          layout: "out-in",
        },
      ],
      tie: { head: "lm_head", embedding: "shared" },
    },
    "sequence-classification": lastTokenClassification,
    "question-answering": { linears: [classifierRow("qa_outputs", 2)] },
  },
  ignoredFileKeys: ["encoder.version", "decoder.version"],
};
