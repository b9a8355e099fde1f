// T5 (Raffel et al. 2020), as transformers' modeling_t5.py names it: an encoder and a decoder whose positions are biases
// of attention scores. Covers T5 1.1 and Flan-T5, whose feed-forward is gated.

import type { Family, LinearRow, NormRow } from "../../family.ts";
import type { Task } from "../../task.ts";
import { lastTokenClassification, questionAnswering, tokenClassification } from "../shared/encoder-rows.ts";
import { linearRows, normRows } from "../shared/module-rows.ts";

type Attention = "SelfAttention" | "EncDecAttention";

/** What has a decoder: all but a classifier of tokens and the encoder alone. */
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

export const t5: Family = {
  modelType: "t5",
  causal: false,
  basePrefix: "",
  architectures: new Map([
    ["T5ForConditionalGeneration", "sequence-to-sequence"],
    ["T5ForSequenceClassification", "sequence-classification"],
    ["T5ForTokenClassification", "token-classification"],
    ["T5ForQuestionAnswering", "question-answering"],
    ["T5Model", "feature-extraction"],
    ["T5EncoderModel", "text-encoding"],
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
    activation: {
      key: "feed_forward_proj",
      fallback: "relu",
      aliases: { "gated-gelu": "gelu_new", "gated-silu": "silu", "gated-relu": "relu" },
      gatedBy: "gated-",
    },
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
    // The first two follow from feed_forward_proj; positions have no limit; the class says whether there is a decoder.
    harmless: ["is_encoder_decoder", "dense_act_fn", "is_gated_act", "n_positions", "initializer_factor"],
  },
  embeddings: [
    { path: "shared", rows: "vocabulary" },
    { path: "encoder.embed_tokens", rows: "vocabulary", sharedWith: "shared" },
    {
      path: "encoder.block.0.layer.0.SelfAttention.relative_attention_bias",

      rows: "position-buckets",
      columns: "heads",
    },
    { path: "decoder.embed_tokens", rows: "vocabulary", sharedWith: "shared", tasks },
    {
      path: "decoder.block.0.layer.0.SelfAttention.relative_attention_bias",
      tasks,

      rows: "position-buckets",
      columns: "heads",
    },
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
