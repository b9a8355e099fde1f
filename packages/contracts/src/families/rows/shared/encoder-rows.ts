// Rows that BERT's relatives share: layer names, keys of config.json, and the heads of all encoders.

import type { EmbeddingRow, Family, HeadTable, LinearRow, NormRow, TensorRow, Width } from "../../family.ts";
import type { Task } from "../../task.ts";
import { commonSizes, linearRows, normRows } from "./module-rows.ts";

const linear = { bias: true, layout: "out-in" } as const;

/** A classifier on top of a hidden state; newly initialized if a file has none. */
export function classifierRow(path: string, outFeatures: Width = "labels"): LinearRow {
  return { path, role: "output-head", newIfMissing: true, inFeatures: "hidden", outFeatures, ...linear };
}

/** A square linear layer before a classifier, which is newly initialized with it. */
export function transformRow(path: string): LinearRow {
  return { path, newIfMissing: true, inFeatures: "hidden", outFeatures: "hidden", ...linear };
}

/** A class for every token. */
export const tokenClassification: HeadTable = { linears: [classifierRow("classifier")] };

/** One score for every choice, read from its pooled state (BERT, RoBERTa). */
const multipleChoice: HeadTable = { linears: [classifierRow("classifier", 1)] };

/** Two scores for every token: whether an answer starts and whether it ends there. */
export const questionAnswering: HeadTable = { linears: [classifierRow("qa_outputs")] };

/** A linear layer and a classifier on the first token's state (RoBERTa, ELECTRA). */
export const firstTokenClassification: HeadTable = {
  linears: [transformRow("classifier.dense"), classifierRow("classifier.out_proj")],
};

/** A linear layer and a classifier on the state of the last end token (BART, T5). */
export const lastTokenClassification: HeadTable = {
  linears: [transformRow("classification_head.dense"), classifierRow("classification_head.out_proj")],
};

interface LanguageHeadPaths {
  readonly dense: string;
  readonly norm: string;
  readonly output: string;
  /** The name of the output's bias while the output is tied; otherwise the bias exists but is never added. */
  readonly bias?: string;
}

/** output(norm(activation(dense(state)))) over the vocabulary, for masked tokens and for next ones. */
export function languageHead({ dense, norm, output, bias }: LanguageHeadPaths, width: Width = "hidden"): HeadTable {
  const biasPath = bias === undefined ? {} : { biasPath: bias };
  return {
    tensors: bias === undefined ? [] : [unusedBias(bias)],
    linears: [
      ...linearRows(linear, [[dense, "hidden", width]]),
      ...linearRows({ ...linear, ...biasPath, role: "output-head" }, [[output, width, "vocabulary"]]),
    ],
    norms: [{ path: norm, kind: "layer", width }],
    tie: { head: output, embedding: "embeddings.word_embeddings" },
  };
}

/** BERT's, by the names of the TensorFlow checkpoints. */
export function predictionHead(norm = "LayerNorm"): HeadTable {
  const transform = "cls.predictions.transform";
  const [output, bias] = ["cls.predictions.decoder", "cls.predictions.bias"];
  return languageHead({ dense: `${transform}.dense`, norm: `${transform}.${norm}`, output, bias });
}

/** The name that files have for the bias of BERT's language head. */
export const predictionBias = { file: "cls.predictions.decoder.bias", path: "cls.predictions.bias" } as const;

function unusedBias(path: string): TensorRow {
  const when: NonNullable<TensorRow["when"]> = ({ tiedEmbeddings }) => !tiedEmbeddings;
  return { path, kind: "unused", shape: ({ vocabularySize }) => [vocabularySize], when };
}

export function bertEmbeddings(columns: Width = "hidden"): readonly EmbeddingRow[] {
  return [
    { path: "embeddings.word_embeddings", rows: "vocabulary", columns },
    { path: "embeddings.position_embeddings", rows: "positions", columns },
    { path: "embeddings.token_type_embeddings", rows: "token-types", columns },
  ];
}

export const bertLinears = linearRows(linear, [
  ["encoder.layer.{n}.attention.self.query", "hidden", "hidden"],
  ["encoder.layer.{n}.attention.self.key", "hidden", "hidden"],
  ["encoder.layer.{n}.attention.self.value", "hidden", "hidden"],
  ["encoder.layer.{n}.attention.output.dense", "hidden", "hidden"],
  ["encoder.layer.{n}.intermediate.dense", "hidden", "intermediate"],
  ["encoder.layer.{n}.output.dense", "intermediate", "hidden"],
]);

/** The pooler, part of the base model for these tasks. */
export function poolerRow(tasks: NonNullable<LinearRow["tasks"]>): LinearRow {
  return { ...transformRow("pooler.dense"), tasks };
}

/** BERT's norms: after the embeddings and after each half of a layer. */
export function bertNorms(embeddingWidth: Width = "hidden"): readonly NormRow[] {
  return [
    { path: "embeddings.LayerNorm", kind: "layer", width: embeddingWidth },
    ...normRows("layer", ["encoder.layer.{n}.attention.output.LayerNorm", "encoder.layer.{n}.output.LayerNorm"]),
  ];
}

/** The classes that transformers makes for encoders: "Bert" → BertForMaskedLM and so on; `more` are other classes of a family. */
export function encoderClasses(name: string, more: readonly (readonly [string, Task])[] = []): Family["architectures"] {
  return new Map<string, Task>([
    [`${name}ForMaskedLM`, "masked-lm"],
    [`${name}ForSequenceClassification`, "sequence-classification"],
    [`${name}ForTokenClassification`, "token-classification"],
    [`${name}ForQuestionAnswering`, "question-answering"],
    [`${name}ForMultipleChoice`, "multiple-choice"],
    ...more,
    [`${name}Model`, "feature-extraction"],
  ]);
}

/** config.json of BERT, which its relatives share. */
export const bertConfig = {
  sizes: {
    ...commonSizes,
    maxPositions: { keys: ["max_position_embeddings"], fallback: 512 },
    tokenTypes: { keys: ["type_vocab_size"], fallback: 2 },
  },
  activation: { key: "hidden_act", fallback: "gelu" },
  normEpsilon: { key: "layer_norm_eps", fallback: 1e-12 },
  dropouts: {
    embedding: { keys: ["hidden_dropout_prob"], fallback: 0.1 },
    attention: { keys: ["attention_probs_dropout_prob"], fallback: 0.1 },
    residual: { keys: ["hidden_dropout_prob"], fallback: 0.1 },
    classifier: { keys: ["classifier_dropout", "hidden_dropout_prob"], fallback: 0.1 },
  },
  tiedByDefault: true,
  rotary: false,
  switches: { flipsCausalMask: { key: "is_decoder", fallback: false } },
  fixed: [
    {
      key: "position_embedding_type",
      values: ["absolute"],
      effect: "other types add relative positions to attention",
    },
  ],
} as const satisfies Family["config"];

interface RelativeOfBert extends Partial<Omit<Family, "config">> {
  /** Classes in addition to those of every encoder. */
  readonly classes?: readonly (readonly [string, Task])[];
  readonly config?: Partial<Family["config"]>;
}

/** BERT, or a relative of it with its own keys, rows and heads, which replace BERT's. `name`: the beginning of its class names. */
export function likeBert(modelType: string, name: string, { classes, config, heads, ...rows }: RelativeOfBert): Family {
  return {
    modelType,
    causal: false,
    basePrefix: modelType,
    architectures: encoderClasses(name, classes),
    embeddings: bertEmbeddings(),
    linears: bertLinears,
    norms: bertNorms(),
    ignoredFileKeys: [positionCounter],
    ...rows,
    config: { ...bertConfig, ...config },
    heads: {
      "sequence-classification": tokenClassification,
      "token-classification": tokenClassification,
      "question-answering": questionAnswering,
      "multiple-choice": multipleChoice,
      ...heads,
    },
  };
}

/** A counter 0, 1, 2 … that old files store. */
export const positionCounter = "embeddings.position_ids";

/** The names of TensorFlow's layer norms, which the original checkpoints keep. */
export const tensorflowSpellings = [
  { file: ".LayerNorm.gamma", path: ".LayerNorm.weight" },
  { file: ".LayerNorm.beta", path: ".LayerNorm.bias" },
] as const;
