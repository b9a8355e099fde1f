// WordPiece (Wu et al. 2016) in GGUF files (the tokenizer model "bert"). The file marks the beginning of a word (▁), and
// tokenizer.json its continuation (##). Files older than llama.cpp's pull request 23899 do not store whether case matters.

import { isObject, type JsonObject } from "@lowrank/contracts/internal";
import { tokenizerError } from "../errors.ts";
import type { GgufToken, GgufVocabulary, TokenizerParts } from "./gguf-vocabulary.ts";

/** Before a piece that begins a word. */
const metaSymbol = "▁";
const continuation = "##";

/** The parts of a WordPiece tokenizer. Throws TOKENIZER_INVALID without an unknown token. */
export function wordPieceParts({ tokens, specialTokens, flags }: GgufVocabulary): TokenizerParts {
  const unknown = tokens[specialTokens.unknown ?? -1] ?? tokens.find(({ text }) => text === "[UNK]");
  if (unknown === undefined) throw tokenizerError(["tokenizer.ggml.unknown_token_id: missing, and there is no [UNK]"]);
  const isCased = () => tokens.some(({ text, kind }) => kind === "normal" && /^▁?\p{Lu}/u.test(text));
  return {
    normalizer: {
      type: "BertNormalizer",
      clean_text: true,
      handle_chinese_chars: true,
      strip_accents: flags.stripAccents ?? null,
      lowercase: flags.lowercase ?? !isCased(),
    },
    preTokenizer: { type: "BertPreTokenizer" },
    decoder: { type: "WordPiece", prefix: continuation, cleanup: true },
    model: {
      type: "WordPiece",
      unk_token: unknown.text,
      continuing_subword_prefix: continuation,
      max_input_chars_per_word: 100,
    },
    wordOf,
    addsBos: true,
    template: { start: "classify", end: "separator", isOneForBoth: true },
    defaultTokens: {},
  };
}

function wordOf({ text, kind }: GgufToken): string {
  if (kind !== "normal" || isReserved(text)) return text;
  return text.startsWith(metaSymbol) ? text.slice(metaSymbol.length) : continuation + text;
}

/** Whether a token is like "[unused7]", which is never part of a word. */
function isReserved(text: string): boolean {
  return text.startsWith("[") && text.endsWith("]") && text.length > 1;
}

/** Converts a piece of tokenizer.json to its text in the GGUF file. */
export function ggufPiece(word: string): string {
  if (isReserved(word)) return word;
  return word.startsWith(continuation) ? word.slice(continuation.length) : metaSymbol + word;
}

/** The GGUF settings for a tokenizer.json's normalizer; undefined if llama.cpp does not support it. */
export function wordRules({ normalizer, pre_tokenizer, model }: JsonObject): WordRules | undefined {
  if (!isObject(normalizer) || normalizer.type !== "BertNormalizer") return undefined;
  const { clean_text = true, handle_chinese_chars = true, lowercase = true, strip_accents } = normalizer;
  const isUsual = clean_text === true && handle_chinese_chars === true && typeof lowercase === "boolean";
  if (!isUsual || !isObject(pre_tokenizer) || pre_tokenizer.type !== "BertPreTokenizer") return undefined;
  if (!isObject(model) || (model.continuing_subword_prefix ?? continuation) !== continuation) return undefined;
  return { lowercase, stripAccents: typeof strip_accents === "boolean" ? strip_accents : lowercase };
}

interface WordRules {
  readonly lowercase: boolean;
  readonly stripAccents: boolean;
}
