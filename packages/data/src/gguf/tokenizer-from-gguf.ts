// Converts a GGUF file's metadata to the contents of tokenizer.json and tokenizer_config.json.

import type { JsonObject } from "@lowrank/contracts/internal";
import { tokenizerError } from "../errors.ts";
import { bpeModel, type Merge, mergesByScore } from "../tokenizer-json/bpe-model.ts";
import { byteLevelParts } from "./byte-level-parts.ts";
import {
  type GgufMetadata,
  type GgufSpecialTokens,
  type GgufToken,
  type GgufVocabulary,
  readGgufVocabulary,
  type TokenizerParts,
} from "./gguf-vocabulary.ts";
import { wordPieceParts } from "./word-piece-parts.ts";

/** SentencePiece writes it for a space. */
const meta = "▁";

/** The parts of a SentencePiece tokenizer. Throws TOKENIZER_INVALID without scores, and if the file removes extra spaces. */
function sentencePieceParts(vocabulary: GgufVocabulary): TokenizerParts {
  const { tokens, scores, flags, specialTokens } = vocabulary;
  if (scores === undefined) throw tokenizerError(["tokenizer.ggml.scores: missing, needed to split text"]);
  if (flags.removeExtraSpaces === true) {
    throw tokenizerError([
      "tokenizer.ggml.remove_extra_whitespaces: true is not supported",
      "put the model's own tokenizer.json into the folder of the .gguf file",
    ]);
  }
  const startsWithSpace = flags.addSpacePrefix ?? true;
  const unknown = tokens[specialTokens.unknown ?? 0];
  const spaceToMeta = { type: "Replace", pattern: { String: " " }, content: meta };
  const metaToSpace = { type: "Replace", pattern: { String: meta }, content: " " };
  const prefix = { type: "Prepend", prepend: meta };
  const strip = { type: "Strip", content: " ", start: 1, stop: 0 };
  return {
    normalizer: { type: "Sequence", normalizers: startsWithSpace ? [prefix, spaceToMeta] : [spaceToMeta] },
    preTokenizer: null,
    decoder: {
      type: "Sequence",
      decoders: [metaToSpace, { type: "ByteFallback" }, { type: "Fuse" }, ...(startsWithSpace ? [strip] : [])],
    },
    model: bpeModel(scoredMerges(vocabulary, scores), {
      unk_token: unknown?.kind === "unknown" ? unknown.text : null,
      fuse_unk: true,
      byte_fallback: tokens.some(({ kind }) => kind === "byte"),
    }),
    addsBos: true,
    defaultTokens: { bos: 1, eos: 2, unknown: 0 },
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

/** Values of `tokenizer.ggml.model`. */
const kinds: ReadonlyMap<string, (vocabulary: GgufVocabulary) => TokenizerParts> = new Map([
  ["gpt2", byteLevelParts],
  ["llama", sentencePieceParts],
  ["bert", wordPieceParts],
]);

/**
 * Makes a tokenizer from the metadata of a GGUF file (`openGguf` of `@lowrank/gguf`): byte-level BPE ("gpt2") whose
 * `tokenizer.ggml.pre` is known, SentencePiece's BPE with scores ("llama"), or WordPiece ("bert").
 *
 * @throws {TOKENIZER_INVALID} for another model, an unknown `tokenizer.ggml.pre`, and entries that are broken or too large. The
 * message lists all of them, and what to do.
 */
export function tokenizerFromGguf(metadata: GgufMetadata): GgufTokenizer {
  const vocabulary = readGgufVocabulary(metadata);
  const partsOf = kinds.get(vocabulary.model);
  if (partsOf === undefined) {
    throw tokenizerError([
      `tokenizer.ggml.model is ${JSON.stringify(vocabulary.model)}; expected ${[...kinds.keys()].join(", ")}`,
      "put the model's own tokenizer.json into the folder of the .gguf file",
    ]);
  }
  const parts = partsOf(vocabulary);
  const specialTokens = tokenTexts(vocabulary, parts);
  return {
    tokenizerJson: jsonOf(vocabulary, parts, specialTokens),
    tokenizerConfig: configOf(vocabulary, specialTokens),
  };
}

type TokenTexts = Readonly<Partial<Record<keyof GgufSpecialTokens, string>>>;

/** tokenizer_config.json's keys. */
const configKeys = {
  bos: "bos_token",
  eos: "eos_token",
  unknown: "unk_token",
  padding: "pad_token",
  classify: "cls_token",
  separator: "sep_token",
  mask: "mask_token",
} as const satisfies Record<keyof GgufSpecialTokens, string>;
const tokenNames = Object.keys(configKeys) as (keyof GgufSpecialTokens)[]; // its keys, as the type says

/** Texts of the special tokens. Normal tokens are ignored: as special tokens they would be matched anywhere in a text. */
function tokenTexts({ tokens, specialTokens }: GgufVocabulary, { defaultTokens }: TokenizerParts): TokenTexts {
  const texts = tokenNames.flatMap((name) => {
    const token = tokens[specialTokens[name] ?? defaultTokens[name] ?? -1];
    return token !== undefined && isAdded(token) ? [[name, token.text] as const] : [];
  });
  return Object.fromEntries(texts);
}

/** Whether a token is searched for in a text before the text is split. */
function isAdded({ kind, text }: GgufToken): boolean {
  return text !== "" && (kind === "control" || kind === "unknown" || kind === "user-defined");
}

function jsonOf({ tokens, flags }: GgufVocabulary, parts: TokenizerParts, specialTokens: TokenTexts): JsonObject {
  const around = parts.template ?? { start: "bos", end: "eos", isOneForBoth: false };
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
    post_processor: templateOf(tokens, {
      start: (flags.addBos ?? parts.addsBos) ? specialTokens[around.start] : undefined,
      end: (flags.addEos ?? around.isOneForBoth) ? specialTokens[around.end] : undefined,
      isOneForBoth: around.isOneForBoth,
    }),
    decoder: parts.decoder,
    model: {
      ...parts.model,
      vocab: Object.fromEntries(tokens.map((token, id) => [parts.wordOf?.(token) ?? token.text, id])),
    },
  };
}

interface TextTemplate {
  readonly start: string | undefined;
  readonly end: string | undefined;
  /** Whether only the first of two texts has the start token, as for BERT; for LLaMA both have it. */
  readonly isOneForBoth: boolean;
}

/** The post-processor that adds special tokens around a text; null for none. */
function templateOf(tokens: readonly GgufToken[], { start, end, isOneForBoth }: TextTemplate): JsonObject | null {
  const used = [...new Set([start, end].filter((text) => text !== undefined))];
  if (used.length === 0) return null;
  const textWithTokens = (id: "A" | "B", type: 0 | 1) => [
    ...(start === undefined || (id === "B" && isOneForBoth) ? [] : [{ SpecialToken: { id: start, type_id: type } }]),
    { Sequence: { id, type_id: type } },
    ...(end === undefined ? [] : [{ SpecialToken: { id: end, type_id: type } }]),
  ];
  const special = used.map((text) => {
    return [text, { id: text, ids: [tokens.findIndex((token) => token.text === text)], tokens: [text] }] as const;
  });
  return {
    type: "TemplateProcessing",
    single: textWithTokens("A", 0),
    pair: [...textWithTokens("A", 0), ...textWithTokens("B", 1)],
    special_tokens: Object.fromEntries(special),
  };
}

function configOf({ chatTemplate }: GgufVocabulary, specialTokens: TokenTexts): JsonObject {
  return {
    tokenizer_class: "PreTrainedTokenizerFast",
    clean_up_tokenization_spaces: false,
    ...Object.fromEntries(
      tokenNames.flatMap((name) =>
        specialTokens[name] === undefined ? [] : [[configKeys[name], specialTokens[name]]],
      ),
    ),
    ...(chatTemplate === undefined ? {} : { chat_template: chatTemplate }),
  };
}
