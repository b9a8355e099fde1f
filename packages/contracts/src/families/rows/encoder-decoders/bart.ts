// BART (Lewis et al. 2020), as transformers' modeling_bart.py names it: an encoder and a decoder with learned positions
// that start at row 2, norms after each sum.

import type { ConfigTable, FixedKey } from "../../config-table.ts";
import type { EmbeddingRow, Family, HeadTable, LinearRow, TensorRow, Width } from "../../family.ts";
import { classifierRow, lastTokenClassification } from "../shared/encoder-rows.ts";
import { linearRows, normRows } from "../shared/module-rows.ts";

const linear = { bias: true, layout: "out-in" } as const;

/** The linear layers of both stacks. */
export function bartLinears(keyBias = true): readonly LinearRow[] {
  const attention = (path: string) => [
    ...linearRows({ ...linear, bias: keyBias }, [[`${path}.k_proj`, "hidden", "hidden"]]),
    ...linearRows(linear, [
      [`${path}.v_proj`, "hidden", "hidden"],
      [`${path}.q_proj`, "hidden", "hidden"],
      [`${path}.out_proj`, "hidden", "hidden"],
    ]),
  ];
  const feedForward = (layer: string, width: Width) =>
    linearRows(linear, [
      [`${layer}.fc1`, "hidden", width],
      [`${layer}.fc2`, width, "hidden"],
    ]);
  return [
    ...attention("encoder.layers.{n}.self_attn"),
    ...feedForward("encoder.layers.{n}", "intermediate"),
    ...attention("decoder.layers.{m}.self_attn"),
    ...attention("decoder.layers.{m}.encoder_attn"),
    ...feedForward("decoder.layers.{m}", "decoder-intermediate"),
  ];
}

/** The language head, tied to a table of tokens. */
export function bartHead(head: string, embedding: string): HeadTable {
  return {
    linears: linearRows({ ...linear, bias: false, role: "output-head" }, [[head, "hidden", "vocabulary"]]),
    tie: { head, embedding },
  };
}

const tokens = { rows: "vocabulary", scale: "root-of-hidden-if-switched" } as const;
const shared = { sharedWith: "shared", sharesOnlyIfTied: true, ...tokens } as const;

/** Position embeddings: learned rows (from row 2 on), sinusoids that a file may store, or computed sinusoids. */
type Positions = "learned" | "stored sinusoids" | "sinusoids";

interface RelativeOfBart {
  readonly architectures: Family["architectures"];
  readonly positions?: Positions;
  /** True for norms before each part and after each stack; false for norms after each sum. */
  readonly normsBefore?: boolean;
  /** False for a family without a norm after the embeddings. */
  readonly embeddingNorm?: boolean;
  /** False for a family without a bias of logits. */
  readonly logitBias?: boolean;
  /** Heads in addition to the language model's. */
  readonly heads?: Family["heads"];
  readonly decoderInputs?: Family["decoderInputs"];
  /** Differences of its configuration, and further keys with fixed values. */
  readonly config?: Omit<Partial<ConfigTable>, "fixed">;
  readonly fixed?: readonly FixedKey[];
}

/** BART, or a relative whose stacks have the same parts. */
export function likeBart(modelType: string, options: RelativeOfBart): Family {
  const { positions = "learned", normsBefore = false, embeddingNorm = true, logitBias = true } = options;
  const stacks = ["encoder", "decoder"] as const;
  const isLearned = positions === "learned";
  return {
    modelType,
    causal: false,
    basePrefix: "model",
    architectures: options.architectures,
    ...(options.decoderInputs === undefined ? {} : { decoderInputs: options.decoderInputs }),
    config: {
      ...bartConfig,
      fixed: [...bartConfig.fixed, ...fixedBy({ normsBefore, embeddingNorm, isLearned }), ...(options.fixed ?? [])],
      ...options.config,
    },
    embeddings: [
      { path: "shared", ...tokens },
      ...stacks.flatMap((stack): readonly EmbeddingRow[] => [
        { path: `${stack}.embed_tokens`, ...shared },
        ...(isLearned ? [{ path: `${stack}.embed_positions`, rows: "positions", extraRows: 2 } as const] : []),
      ]),
    ],
    linears: bartLinears(),
    norms: normRows("layer", [
      "encoder.layers.{n}.self_attn_layer_norm",
      "encoder.layers.{n}.final_layer_norm",
      "decoder.layers.{m}.self_attn_layer_norm",
      "decoder.layers.{m}.encoder_attn_layer_norm",
      "decoder.layers.{m}.final_layer_norm",
      ...stacks.flatMap((stack) => [
        ...(embeddingNorm ? [`${stack}.layernorm_embedding`] : []),
        ...(normsBefore ? [`${stack}.layer_norm`] : []),
      ]),
    ]),
    tensors: positions === "stored sinusoids" ? stacks.map(storedSinusoids) : [],
    heads: {
      "sequence-to-sequence": { tensors: logitBias ? [addedToLogits] : [], ...bartHead("lm_head", "shared") },
      ...options.heads,
    },
    ignoredFileKeys: [
      ...stacks.map((stack) => `${stack}.version`),
      ...(positions === "sinusoids" ? stacks.map((stack) => `${stack}.embed_positions.weights`) : []),
    ],
  };
}

const addedToLogits: TensorRow = {
  path: "final_logits_bias",
  kind: "buffer",
  shape: ({ vocabularySize }) => [1, vocabularySize],
};

function storedSinusoids(stack: "encoder" | "decoder"): TensorRow {
  const path = `${stack}.embed_positions.weight`;
  return {
    path,
    kind: "buffer",
    init: "sinusoids",
    shape: ({ maxPositions, hiddenSize }) => [maxPositions, hiddenSize],
  };
}

/** Old files have keys for properties of their family, which transformers ignores. */
function fixedBy(options: {
  readonly normsBefore: boolean;
  readonly embeddingNorm: boolean;
  readonly isLearned: boolean;
}): readonly FixedKey[] {
  const row = (key: string, value: boolean, effects: readonly [ofFalse: string, ofTrue: string]): FixedKey => {
    return { key, values: [value], effect: effects[value ? 0 : 1] };
  };
  const halves = ["false normalizes after each part", "true normalizes before each part"] as const;
  const first = ["false leaves out the first norm", "true adds a norm after the embeddings"] as const;
  const last = ["false leaves out the last norms", "true adds a norm at the end"] as const;
  const positions = ["false learns positions", "true computes positions instead of learning them"] as const;
  return [
    row("normalize_before", options.normsBefore, halves),
    row("normalize_embedding", options.embeddingNorm, first),
    row("add_final_layer_norm", options.normsBefore, last),
    row("static_position_embeddings", !options.isLearned, positions),
  ];
}

/** config.json of BART, which its relatives share. */
export const bartConfig = {
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
    encoderLayer: { keys: ["encoder_layerdrop"], fallback: 0 },
    decoderLayer: { keys: ["decoder_layerdrop"], fallback: 0 },
  },
  tiedByDefault: true,
  rotary: false,
  tokenIds: { padding: 1, decoderStart: 2 },
  switches: { scaledEmbedding: { key: "scale_embedding", fallback: false } },
  fixed: [
    { key: "is_encoder_decoder", values: [true], effect: "false leaves out the encoder" },
    { key: "is_decoder", values: [false], effect: "true leaves out the encoder" },
    { key: "add_bias_logits", values: [false], effect: "true adds a trained bias to the logits" },
  ],
  ignored: ["extra_pos_embeddings", "force_bos_token_to_be_generated", "init_std", "num_hidden_layers"],
} as const satisfies ConfigTable;

/** The heads of BART and mBART besides the language model's. */
export const readerHeads: Family["heads"] = {
  "sequence-classification": lastTokenClassification,
  "question-answering": { linears: [classifierRow("qa_outputs", 2)] },
};

/** The classes of a relative, by the prefix of their names. */
export function bartClasses(name: string): Family["architectures"] {
  return new Map([
    [`${name}ForConditionalGeneration`, "sequence-to-sequence"],
    [`${name}ForSequenceClassification`, "sequence-classification"],
    [`${name}ForQuestionAnswering`, "question-answering"],
    [`${name}Model`, "feature-extraction"],
  ]);
}

/** The classes of a relative that has only a language model head. */
export function encoderDecoderClasses(
  name: string,
  withHead = `${name}ForConditionalGeneration`,
): Family["architectures"] {
  return new Map([
    [withHead, "sequence-to-sequence"],
    [`${name}Model`, "feature-extraction"],
  ]);
}

/** The tables of `bart`. */
export const bart = likeBart("bart", {
  architectures: bartClasses("Bart"),
  heads: readerHeads,
  decoderInputs: { readsSource: true },
});
