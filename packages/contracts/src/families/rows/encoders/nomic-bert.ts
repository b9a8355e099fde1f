// NomicBERT (Nussbaum et al. 2024), as transformers' modeling_nomic_bert.py names it: BERT whose positions are rotations, without
// biases, with gated feed-forwards. The files on the Hub have the names and the configuration of its first program.

import type { Family } from "../../family.ts";
import { rotaryBuffers } from "../shared/decoder-rows.ts";
import {
  bertConfig,
  encoderClasses,
  poolerRow,
  predictionBias,
  predictionHead,
  tokenClassification,
} from "../shared/encoder-rows.ts";
import { linearRows, normRows } from "../shared/module-rows.ts";

/** The names of a layer's modules in the original program. */
const firstNames = [
  ["attn.out_proj.weight", "self_attn.o_proj.weight"],
  ["mlp.fc11.weight", "mlp.up_proj.weight"],
  ["mlp.fc12.weight", "mlp.gate_proj.weight"],
  ["mlp.fc2.weight", "mlp.down_proj.weight"],
  ["norm1.weight", "post_attention_layernorm.weight"],
  ["norm1.bias", "post_attention_layernorm.bias"],
  ["norm2.weight", "post_mlp_layernorm.weight"],
  ["norm2.bias", "post_mlp_layernorm.bias"],
].map(([file, path]) => ({ file: `encoder.layers.{n}.${file}`, path: `layers.{n}.${path}` }));

const { sizes, dropouts } = bertConfig;
const classes = ["masked-lm", "sequence-classification", "token-classification", "feature-extraction"];

/** The tables of `nomic_bert`. */
export const nomicBert: Family = {
  modelType: "nomic_bert",
  causal: false,
  basePrefix: "nomic_bert",
  architectures: new Map([...encoderClasses("NomicBert")].filter(([, task]) => classes.includes(task))),
  config: {
    ...bertConfig,
    sizes: {
      ...sizes,
      hiddenSize: { keys: ["hidden_size", "n_embd"] },
      intermediateSize: { keys: ["intermediate_size", "n_inner"] },
      layers: { keys: ["num_hidden_layers", "n_layer"] },
      heads: { keys: ["num_attention_heads", "n_head"] },
      headSize: { keys: ["head_dim"] },
      maxPositions: { keys: ["max_position_embeddings", "n_positions"], fallback: 2048 },
    },
    activation: { key: "hidden_act", fallback: "silu" },
    normEpsilon: { key: "layer_norm_eps", otherKey: "layer_norm_epsilon", fallback: 1e-12 },
    dropouts: {
      ...dropouts,
      embedding: { keys: ["hidden_dropout_prob", "embd_pdrop"], fallback: 0 },
      attention: { keys: ["attention_probs_dropout_prob", "attn_pdrop"], fallback: 0 },
      residual: { keys: ["hidden_dropout_prob", "resid_pdrop"], fallback: 0 },
      classifier: { keys: ["classifier_dropout", "hidden_dropout_prob"], fallback: 0 },
    },
    // transformers reads the first key, the first program the second.
    rotary: { thetaKeys: ["rope_theta", "rotary_emb_base"], thetaFallback: 1000 },
    switches: {},
    tokenIds: { padding: 0 },
    fixed: [
      { key: "activation_function", values: ["swiglu"], effect: "other feed-forwards have other layers" },
      { key: "parallel_block", values: [null, false], effect: "true computes attention and feed-forward in parallel" },
      { key: "prenorm", values: [null, false], effect: "true normalizes before each part" },
      { key: "use_rms_norm", values: [null, false], effect: "true uses other norms" },
      { key: "qkv_proj_bias", values: [null, false], effect: "true adds biases to query, key and value" },
      { key: "mlp_fc1_bias", values: [null, false], effect: "true adds biases to the feed-forward's layers" },
      { key: "mlp_fc2_bias", values: [null, false], effect: "true adds biases to the feed-forward's layers" },
      { key: "rotary_emb_fraction", values: [null, 1], effect: "only part of each head is rotated" },
      { key: "rotary_emb_interleaved", values: [null, false], effect: "true rotates adjacent pairs instead of halves" },
      { key: "rotary_emb_scale_base", values: [null], effect: "scores decrease with distance" },
      { key: "causal", values: [null, false], effect: "true hides later positions" },
    ],
    // Settings of the original program for texts longer than in pretraining; transformers does not read them.
    ignored: [
      ...[
        "rotary_scaling_factor",
        "max_trained_positions",
        "dense_seq_output",
        "fused_bias_fc",
        "fused_dropout_add_ln",
      ],
      ...["pad_vocab_size_multiple", "parallel_block_tied_norm", "use_flash_attn", "use_xentropy"],
      ...["reorder_and_upcast_attn", "summary_activation", "summary_first_dropout", "summary_proj_to_labels"],
      ...["summary_type", "summary_use_proj"],
    ],
  },
  embeddings: [
    { path: "embeddings.word_embeddings", rows: "vocabulary" },
    { path: "embeddings.token_type_embeddings", rows: "token-types" },
  ],
  linears: [
    ...linearRows({ bias: false, layout: "out-in" }, [
      ["layers.{n}.self_attn.q_proj", "hidden", "queries"],
      ["layers.{n}.self_attn.k_proj", "hidden", "queries"],
      ["layers.{n}.self_attn.v_proj", "hidden", "queries"],
      ["layers.{n}.self_attn.o_proj", "queries", "hidden"],
      ["layers.{n}.mlp.gate_proj", "hidden", "intermediate"],
      ["layers.{n}.mlp.up_proj", "hidden", "intermediate"],
      ["layers.{n}.mlp.down_proj", "intermediate", "hidden"],
    ]),
    poolerRow(["sequence-classification"]),
  ],
  norms: normRows("layer", [
    "embeddings.LayerNorm",
    "layers.{n}.post_attention_layernorm",
    "layers.{n}.post_mlp_layernorm",
  ]),
  heads: {
    "masked-lm": predictionHead("layer_norm"),
    "sequence-classification": tokenClassification,
    "token-classification": tokenClassification,
  },
  ignoredFileKeys: rotaryBuffers,
  fileSpellings: [
    predictionBias,
    { file: "emb_ln.weight", path: "embeddings.LayerNorm.weight" },
    { file: "emb_ln.bias", path: "embeddings.LayerNorm.bias" },
    ...firstNames,
  ],
  fusedFileKeys: [
    {
      file: "encoder.layers.{n}.attn.Wqkv.weight",
      paths: ["q_proj", "k_proj", "v_proj"].map((name) => `layers.{n}.self_attn.${name}.weight`),
    },
  ],
};
