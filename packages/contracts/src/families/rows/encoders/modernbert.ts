// ModernBERT (Warner et al. 2024), as transformers' modeling_modernbert.py names it: norms before each half, gated
// feed-forwards, positions that rotate, and a whole view in every third layer only.

import type { Family, HeadTable, LinearRow } from "../../family.ts";
import { classifierRow, encoderClasses } from "../shared/encoder-rows.ts";
import { commonSizes, linearRows, normRows } from "../shared/module-rows.ts";

const norm = { kind: "layer", bias: "normBias" } as const;

/** norm(activation(dense(state))), in front of every head's last linear layer; newly initialized with it. */
function onTransform(last: LinearRow, tie?: HeadTable["tie"]): HeadTable {
  const dense = { bias: "classifierBias", layout: "out-in", newIfMissing: true } as const;
  return {
    linears: [...linearRows(dense, [["head.dense", "hidden", "hidden"]]), last],
    norms: [{ path: "head.norm", newIfMissing: true, ...norm }],
    ...(tie === undefined ? {} : { tie }),
  };
}

/** The tables of `modernbert`. */
export const modernbert: Family = {
  modelType: "modernbert",
  causal: false,
  basePrefix: "model",
  architectures: encoderClasses("ModernBert"),
  config: {
    sizes: { ...commonSizes, maxPositions: { keys: ["max_position_embeddings"], fallback: 8192 } },
    activation: { key: "hidden_activation", fallback: "gelu" },
    normEpsilon: { key: "norm_eps", fallback: 1e-5 },
    dropouts: {
      embedding: { keys: ["embedding_dropout"], fallback: 0 },
      attention: { keys: ["attention_dropout"], fallback: 0 },
      activation: { keys: ["mlp_dropout"], fallback: 0 },
      classifier: { keys: ["classifier_dropout"], fallback: 0 },
      question: { keys: ["classifier_dropout"], fallback: 0 },
    },
    tiedByDefault: true,
    rotary: {
      thetaKeys: ["global_rope_theta"],
      thetaFallback: 160_000,
      local: { key: "local_rope_theta", fallback: 10_000 },
    },
    switches: {
      attentionBias: { key: "attention_bias", fallback: false },
      feedForwardBias: { key: "mlp_bias", fallback: false },
      normBias: { key: "norm_bias", fallback: false },
      outputBias: { key: "decoder_bias", fallback: true },
      classifierBias: { key: "classifier_bias", fallback: false },
      meanPooling: { key: "classifier_pooling", fallback: false, values: ["cls", "mean"] },
    },
    window: {
      size: { key: "local_attention", fallback: 128 },
      layers: { exceptEvery: "global_attn_every_n_layers", fallback: 3, fromFirst: true },
    },
    // The file counts the keys on both sides of a query; our windows count those on one side and the query itself.
    derive: (config) => ({ ...config, windows: config.windows.map((size) => size && (size >> 1) + 1) }),
    fixed: [
      { key: "classifier_activation", values: ["gelu"], effect: "the heads' input has another activation" },
      { key: "rope_scaling", values: [null], effect: "rotary positions differ, in all layers" },
    ],
    ignored: [
      "cls_token_id",
      "deterministic_flash_attn",
      "initializer_cutoff_factor",
      "layer_norm_eps",
      "reference_compile",
      "repad_logits_with_grad",
      // Which positions logits are made for; the loss is the same.
      "sparse_pred_ignore_index",
      "sparse_prediction",
    ],
  },
  embeddings: [{ path: "embeddings.tok_embeddings", rows: "vocabulary" }],
  linears: [
    ...linearRows({ bias: "attentionBias", layout: "out-in" }, [
      ["layers.{n}.attn.Wqkv", "hidden", "triple-hidden"],
      ["layers.{n}.attn.Wo", "hidden", "hidden"],
    ]),
    ...linearRows({ bias: "feedForwardBias", layout: "out-in" }, [
      ["layers.{n}.mlp.Wi", "hidden", "double-intermediate"],
      ["layers.{n}.mlp.Wo", "intermediate", "hidden"],
    ]),
  ],
  norms: [
    { path: "layers.{n}.attn_norm", inLayers: (_, layer) => layer > 0, ...norm },
    ...normRows("layer", ["embeddings.norm", "layers.{n}.mlp_norm", "final_norm"]).map((row) => ({ ...row, ...norm })),
  ],
  heads: {
    "masked-lm": onTransform(
      {
        path: "decoder",
        role: "output-head",
        inFeatures: "hidden",
        outFeatures: "vocabulary",
        bias: "outputBias",
        layout: "out-in",
      },
      { head: "decoder", embedding: "embeddings.tok_embeddings" },
    ),
    "sequence-classification": onTransform(classifierRow("classifier")),
    "token-classification": onTransform(classifierRow("classifier")),
    "question-answering": onTransform(classifierRow("classifier")),
    "multiple-choice": onTransform(classifierRow("classifier", 1)),
  },
};
