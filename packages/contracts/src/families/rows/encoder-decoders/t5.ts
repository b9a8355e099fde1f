// T5 (Raffel et al. 2020), as transformers' modeling_t5.py names it: an encoder and a decoder whose positions are biases
// of attention scores. Covers T5 1.1 and Flan-T5, whose feed-forward is gated.

import type { ConfigTable } from "../../config-table.ts";
import type { EmbeddingRow, Family, LinearRow, NormRow } from "../../family.ts";
import type { Task } from "../../task.ts";
import { lastTokenClassification, questionAnswering, tokenClassification } from "../shared/encoder-rows.ts";
import { linearRows, normRows } from "../shared/module-rows.ts";

type Attention = "SelfAttention" | "EncDecAttention";

/** Tasks with a decoder: all except token classification and text encoding. */
const tasks: readonly Task[] = [
  "sequence-to-sequence",
  "sequence-classification",
  "question-answering",
  "feature-extraction",
];
const inDecoder = <Row extends LinearRow | NormRow>(row: Row): Row => ({ ...row, tasks });

const plain = { bias: false, layout: "out-in" } as const;

function attention(layer: string, name: Attention): readonly LinearRow[] {
  return linearRows(plain, [
    [`${layer}.${name}.q`, "hidden", "queries"],
    [`${layer}.${name}.k`, "hidden", "queries"],
    [`${layer}.${name}.v`, "hidden", "queries"],
    [`${layer}.${name}.o`, "queries", "hidden"],
  ]);
}

function feedForward(layer: string): readonly LinearRow[] {
  const when = (isGated: boolean): Pick<LinearRow, "when"> => {
    return { when: ({ switches }) => switches.gatedFeedForward === isGated };
  };
  return [
    ...linearRows({ ...plain, ...when(false) }, [[`${layer}.DenseReluDense.wi`, "hidden", "intermediate"]]),
    ...linearRows({ ...plain, ...when(true) }, [
      [`${layer}.DenseReluDense.wi_0`, "hidden", "intermediate"],
      [`${layer}.DenseReluDense.wi_1`, "hidden", "intermediate"],
    ]),
    ...linearRows(plain, [[`${layer}.DenseReluDense.wo`, "intermediate", "hidden"]]),
  ];
}

const feedForwardKind = {
  key: "feed_forward_proj",
  fallback: "relu",
  aliases: { "gated-gelu": "gelu_new", "gated-silu": "silu", "gated-relu": "relu" },
  gatedBy: "gated-",
} as const;

/** For families whose feed-forward is gated by default. */
const gatedByDefault = { ...feedForwardKind, fallback: "gated-gelu" } as const;

/**
 * Keys without an effect: the class decides whether there is a decoder, the next two follow from feed_forward_proj, and positions
 * have no limit.
 */
const t5Harmless = ["is_encoder_decoder", "dense_act_fn", "is_gated_act", "n_positions", "initializer_factor"];

interface RelativeOfT5 {
  /** The prefix of its classes' names. */
  readonly name: string;
  /** Differences of its configuration. */
  readonly config?: Partial<ConfigTable>;
  /** Which layers of each stack have a table of relative positions; the others use the table of an earlier layer. */
  readonly positionTables?: "first layer" | "all layers";
}

/** T5, or a relative with the same computation. */
function likeT5(modelType: string, { name, config = {}, positionTables = "first layer" }: RelativeOfT5): Family {
  const positionTable = (stack: "encoder" | "decoder"): EmbeddingRow => {
    const layer = positionTables === "first layer" ? "0" : stack === "encoder" ? "{n}" : "{m}";
    const path = `${stack}.block.${layer}.layer.0.SelfAttention.relative_attention_bias`;
    return { path, rows: "position-buckets", columns: "heads" };
  };
  return {
    modelType,
    causal: false,
    basePrefix: "",
    architectures: new Map([
      [`${name}ForConditionalGeneration`, "sequence-to-sequence"],
      [`${name}ForSequenceClassification`, "sequence-classification"],
      [`${name}ForTokenClassification`, "token-classification"],
      [`${name}ForQuestionAnswering`, "question-answering"],
      [`${name}Model`, "feature-extraction"],
      [`${name}EncoderModel`, "text-encoding"],
    ]),
    config: {
      sizes: {
        vocabularySize: { keys: ["vocab_size"] },
        hiddenSize: { keys: ["d_model"] },
        intermediateSize: { keys: ["d_ff"] },
        layers: { keys: ["num_layers"] },
        decoderLayers: { keys: ["num_decoder_layers"], fallback: { times: 1, of: "layers" } },
        heads: { keys: ["num_heads"] },
        headSize: { keys: ["d_kv"], fallback: 64 },
        positionBuckets: { keys: ["relative_attention_num_buckets"], fallback: 32 },
        farthestDistance: { keys: ["relative_attention_max_distance"], fallback: 128 },
      },
      activation: feedForwardKind,
      normEpsilon: { key: "layer_norm_epsilon", fallback: 1e-6 },
      dropouts: {
        embedding: { keys: ["dropout_rate"], fallback: 0.1 },
        attention: { keys: ["dropout_rate"], fallback: 0.1 },
        activation: { keys: ["dropout_rate"], fallback: 0.1 },
        residual: { keys: ["dropout_rate"], fallback: 0.1 },
        classifier: { keys: ["classifier_dropout"], fallback: 0 },
      },
      tiedByDefault: true,
      tiedAlways: true,
      rotary: false,
      tokenIds: { padding: 0 },
      switches: {
        // transformers takes an untied head for T5 1.1, which does not scale.
        scaledOutput: { key: "scale_decoder_outputs", otherwise: "tie_word_embeddings", fallback: true },
      },
      fixed: [{ key: "is_decoder", values: [false], effect: "true leaves out the encoder" }],
      ignored: t5Harmless,
      ...config,
    },
    embeddings: [
      { path: "shared", rows: "vocabulary" },
      { path: "encoder.embed_tokens", rows: "vocabulary", sharedWith: "shared" },
      positionTable("encoder"),
      { path: "decoder.embed_tokens", rows: "vocabulary", sharedWith: "shared", tasks },
      { ...positionTable("decoder"), tasks },
    ],
    linears: [
      ...attention("encoder.block.{n}.layer.0", "SelfAttention"),
      ...feedForward("encoder.block.{n}.layer.1"),
      ...attention("decoder.block.{m}.layer.0", "SelfAttention").map(inDecoder),
      ...attention("decoder.block.{m}.layer.1", "EncDecAttention").map(inDecoder),
      ...feedForward("decoder.block.{m}.layer.2").map(inDecoder),
    ],
    norms: [
      ...normRows("root-mean-square", [
        "encoder.block.{n}.layer.0.layer_norm",
        "encoder.block.{n}.layer.1.layer_norm",
        "encoder.final_layer_norm",
      ]),
      ...normRows("root-mean-square", [
        "decoder.block.{m}.layer.0.layer_norm",
        "decoder.block.{m}.layer.1.layer_norm",
        "decoder.block.{m}.layer.2.layer_norm",
        "decoder.final_layer_norm",
      ]).map(inDecoder),
    ],
    heads: {
      "sequence-to-sequence": {
        linears: [{ path: "lm_head", role: "output-head", inFeatures: "hidden", outFeatures: "vocabulary", ...plain }],
        tie: { head: "lm_head", embedding: "shared" },
      },
      "sequence-classification": { ...lastTokenClassification, basePrefix: "transformer" },
      "token-classification": { ...tokenClassification, basePrefix: "transformer" },
      "question-answering": questionAnswering,
    },
    // The first checkpoints have a second table that nothing reads.
    ignoredFileKeys: ["decoder.block.0.layer.1.EncDecAttention.relative_attention_bias.weight"],
  };
}

/** The tables of `t5`. */
export const t5 = likeT5("t5", { name: "T5" });

/** The tables of `mt5`. */
export const mt5 = likeT5("mt5", {
  name: "MT5",
  config: { activation: gatedByDefault, switches: {}, ignored: [...t5Harmless, "tie_word_embeddings"] },
});

/** The tables of `umt5`. */
export const umt5 = likeT5("umt5", {
  name: "UMT5",
  config: { activation: gatedByDefault },
  positionTables: "all layers",
});
