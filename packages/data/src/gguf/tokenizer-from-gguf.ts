// A GGUF file's metadata as the two files that a tokenizer is built from elsewhere.

import type { JsonObject } from "@lowrank/contracts";
import { TokenizerError } from "../errors.ts";
import { bpeModel, type Merge, mergesByScore } from "../tokenizer-json/bpe-model.ts";
import { byteLevelParts } from "./byte-level-parts.ts";
import {
  type GgufMarks,
  type GgufMetadata,
  type GgufToken,
  type GgufVocabulary,
  readGgufVocabulary,
  type TokenizerParts,
} from "./gguf-vocabulary.ts";
import { wordPieceParts } from "./word-piece-parts.ts";

/** How a space is written. */
const mark = "▁";

/** The parts of such a tokenizer. Throws TokenizerError without scores, and for cleaning of texts that is not done here. */
function sentencePieceParts(vocabulary: GgufVocabulary): TokenizerParts {
  const { tokens, scores, flags, marks } = vocabulary;
  if (scores === undefined) throw new TokenizerError(["tokenizer.ggml.scores: missing, needed to split text"]);
  if (flags.removeExtraSpaces === true) {
    throw new TokenizerError([
      "tokenizer.ggml.remove_extra_whitespaces: true is not supported",
      "put the model's own tokenizer.json into the folder of the .gguf file",
    ]);
  }
  const startsWithSpace = flags.addSpacePrefix ?? true;
  const unknown = tokens[marks.unknown ?? 0];
  const toMark = { type: "Replace", pattern: { String: " " }, content: mark };
  const toSpace = { type: "Replace", pattern: { String: mark }, content: " " };
  const prefix = { type: "Prepend", prepend: mark };
  const strip = { type: "Strip", content: " ", start: 1, stop: 0 };
  return {
    normalizer: { type: "Sequence", normalizers: startsWithSpace ? [prefix, toMark] : [toMark] },
    preTokenizer: null,
    decoder: {
      type: "Sequence",
      decoders: [toSpace, { type: "ByteFallback" }, { type: "Fuse" }, ...(startsWithSpace ? [strip] : [])],
    },
    model: bpeModel(scoredMerges(vocabulary, scores), {
      unk_token: unknown?.kind === "unknown" ? unknown.text : null,
      fuse_unk: true,
      byte_fallback: tokens.some(({ kind }) => kind === "byte"),
    }),
    addsBos: true,
    impliedMarks: { bos: 1, eos: 2, unknown: 0 },
  };
}

function scoredMerges({ tokens }: GgufVocabulary, scores: readonly number[]): readonly Merge[] {
  const ids = new Map(tokens.map(({ text }, id) => [text, id]));
  const idOf = (text: string) => ids.get(text) ?? 0;
  const pieces = tokens.flatMap(({ text, kind }, id) => (kind === "normal" ? [{ text, score: scores[id] ?? 0 }] : []));
  return mergesByScore(pieces, ids, (one, other) => idOf(one[0]) - idOf(other[0]) || idOf(one[1]) - idOf(other[1]));
}

/** Contents of tokenizer.json and tokenizer_config.json. */
export interface GgufTokenizer {
  readonly tokenizerJson: JsonObject;
  readonly tokenizerConfig: JsonObject;
}

/** By `tokenizer.ggml.model`. */
const kinds: ReadonlyMap<string, (vocabulary: GgufVocabulary) => TokenizerParts> = new Map([
  ["gpt2", byteLevelParts],
  ["llama", sentencePieceParts],
  ["bert", wordPieceParts],
]);

/**
 * Makes a tokenizer from the metadata of a GGUF file (`openGguf` of `@lowrank/gguf`): byte-level BPE ("gpt2") whose
 * `tokenizer.ggml.pre` is known, SentencePiece's BPE with scores ("llama"), or WordPiece ("bert").
 *
 * @throws {TokenizerError} for another model, for a way of cutting words that is not known, and for entries that are
 * broken or too large: every one of them, and what to do.
 *
 * @example
 * ```ts
 * import { TextTokenizer, tokenizerFromGguf } from "@lowrank/data";
 *
 * const metadata = new Map<string, unknown>([
 *   ["tokenizer.ggml.model", "gpt2"],
 *   ["tokenizer.ggml.pre", "gpt-2"],
 *   ["tokenizer.ggml.tokens", ["h", "i", "hi"]],
 *   ["tokenizer.ggml.merges", ["h i"]],
 * ]);
 * const { tokenizerJson, tokenizerConfig } = tokenizerFromGguf(metadata);
 * const ids = TextTokenizer.fromJson(tokenizerJson, tokenizerConfig).encode("hi");
 * if (ids.join() !== "2") throw new Error("wrong ids");
 * ```
 */
export function tokenizerFromGguf(metadata: GgufMetadata): GgufTokenizer {
  const vocabulary = readGgufVocabulary(metadata);
  const partsOf = kinds.get(vocabulary.model);
  if (partsOf === undefined) {
    throw new TokenizerError([
      `tokenizer.ggml.model is ${JSON.stringify(vocabulary.model)}; expected ${[...kinds.keys()].join(", ")}`,
      "put the model's own tokenizer.json into the folder of the .gguf file",
    ]);
  }
  const parts = partsOf(vocabulary);
  const marks = markTexts(vocabulary, parts);
  return { tokenizerJson: jsonOf(vocabulary, parts, marks), tokenizerConfig: configOf(vocabulary, marks) };
}

type MarkTexts = Readonly<Partial<Record<keyof GgufMarks, string>>>;

/** tokenizer_config.json's keys. */
const markKeys = {
  bos: "bos_token",
  eos: "eos_token",
  unknown: "unk_token",
  padding: "pad_token",
  classify: "cls_token",
  separator: "sep_token",
  mask: "mask_token",
} as const satisfies Record<keyof GgufMarks, string>;
const allMarks = Object.keys(markKeys) as (keyof GgufMarks)[]; // its keys are those

/** A word of the vocabulary is no mark, whatever the file says: it would be cut out of every text. */
function markTexts({ tokens, marks }: GgufVocabulary, { impliedMarks }: TokenizerParts): MarkTexts {
  const texts = allMarks.flatMap((mark) => {
    const token = tokens[marks[mark] ?? impliedMarks[mark] ?? -1];
    return token !== undefined && isAdded(token) ? [[mark, token.text] as const] : [];
  });
  return Object.fromEntries(texts);
}

/** Tokens that are looked for in a text before it is cut. */
function isAdded({ kind, text }: GgufToken): boolean {
  return text !== "" && (kind === "control" || kind === "unknown" || kind === "user-defined");
}

function jsonOf({ tokens, flags }: GgufVocabulary, parts: TokenizerParts, marks: MarkTexts): JsonObject {
  const around = parts.frame ?? { start: "bos", end: "eos", isOneFrame: false };
  const plain = { single_word: false, lstrip: false, rstrip: false, normalized: false };
  return {
    version: "1.0",
    truncation: null,
    padding: null,
    added_tokens: tokens.flatMap((token, id) => {
      return isAdded(token) ? [{ id, content: token.text, ...plain, special: token.kind !== "user-defined" }] : [];
    }),
    normalizer: parts.normalizer,
    pre_tokenizer: parts.preTokenizer,
    post_processor: frame(tokens, {
      start: (flags.addBos ?? parts.addsBos) ? marks[around.start] : undefined,
      end: (flags.addEos ?? around.isOneFrame) ? marks[around.end] : undefined,
      isOneFrame: around.isOneFrame,
    }),
    decoder: parts.decoder,
    model: {
      ...parts.model,
      vocab: Object.fromEntries(tokens.map((token, id) => [parts.wordOf?.(token) ?? token.text, id])),
    },
  };
}

interface Frame {
  readonly start: string | undefined;
  readonly end: string | undefined;
  /** Whether the second of two texts begins without a mark: BERT's; LLaMA's own files have one. */
  readonly isOneFrame: boolean;
}

/** Marks around a text; null for none. */
function frame(tokens: readonly GgufToken[], { start, end, isOneFrame }: Frame): JsonObject | null {
  const used = [...new Set([start, end].filter((text) => text !== undefined))];
  if (used.length === 0) return null;
  const framed = (id: "A" | "B", type: 0 | 1) => [
    ...(start === undefined || (id === "B" && isOneFrame) ? [] : [{ SpecialToken: { id: start, type_id: type } }]),
    { Sequence: { id, type_id: type } },
    ...(end === undefined ? [] : [{ SpecialToken: { id: end, type_id: type } }]),
  ];
  const special = used.map((text) => {
    return [text, { id: text, ids: [tokens.findIndex((token) => token.text === text)], tokens: [text] }] as const;
  });
  return {
    type: "TemplateProcessing",
    single: framed("A", 0),
    pair: [...framed("A", 0), ...framed("B", 1)],
    special_tokens: Object.fromEntries(special),
  };
}

function configOf({ chatTemplate }: GgufVocabulary, marks: MarkTexts): JsonObject {
  return {
    tokenizer_class: "PreTrainedTokenizerFast",
    clean_up_tokenization_spaces: false,
    ...Object.fromEntries(
      allMarks.flatMap((mark) => (marks[mark] === undefined ? [] : [[markKeys[mark], marks[mark]]])),
    ),
    ...(chatTemplate === undefined ? {} : { chat_template: chatTemplate }),
  };
}
