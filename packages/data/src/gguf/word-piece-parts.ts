// GGUF's tokenizers of the model "bert": WordPiece (Wu et al. 2016), whose file marks where words begin instead of where they
// go on. Files older than llama.cpp's pull request 23899 do not say whether they distinguish upper case.

import { isObject, type JsonObject } from "@lowrank/contracts";
import { TokenizerError } from "../errors.ts";
import type { GgufToken, GgufVocabulary, TokenizerParts } from "./gguf-vocabulary.ts";

/** In front of a piece that begins a word. */
const wordMark = "▁";
const goesOn = "##";

/** The parts of such a tokenizer. Throws TokenizerError without the mark of unknown words. */
export function wordPieceParts({ tokens, marks, flags }: GgufVocabulary): TokenizerParts {
  const unknown = tokens[marks.unknown ?? -1] ?? tokens.find(({ text }) => text === "[UNK]");
  if (unknown === undefined)
    throw new TokenizerError(["tokenizer.ggml.unknown_token_id: missing, and there is no [UNK]"]);
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
    decoder: { type: "WordPiece", prefix: goesOn, cleanup: true },
    model: {
      type: "WordPiece",
      unk_token: unknown.text,
      continuing_subword_prefix: goesOn,
      max_input_chars_per_word: 100,
    },
    wordOf,
    addsBos: true,
    frame: { start: "classify", end: "separator", isOneFrame: true },
    impliedMarks: {},
  };
}

function wordOf({ text, kind }: GgufToken): string {
  if (kind !== "normal" || isReserved(text)) return text;
  return text.startsWith(wordMark) ? text.slice(wordMark.length) : goesOn + text;
}

/** "[unused7]" is no part of a word. */
function isReserved(text: string): boolean {
  return text.startsWith("[") && text.endsWith("]") && text.length > 1;
}

/** A piece of a tokenizer.json's vocabulary as such a file has it. */
export function ggufPiece(word: string): string {
  if (isReserved(word)) return word;
  return word.startsWith(goesOn) ? word.slice(goesOn.length) : wordMark + word;
}

/** What such a file says of a tokenizer.json's normalizer; undefined where llama.cpp has no words for it. */
export function wordRules({ normalizer, pre_tokenizer, model }: JsonObject): WordRules | undefined {
  if (!isObject(normalizer) || normalizer.type !== "BertNormalizer") return undefined;
  const { clean_text = true, handle_chinese_chars = true, lowercase = true, strip_accents } = normalizer;
  const isUsual = clean_text === true && handle_chinese_chars === true && typeof lowercase === "boolean";
  if (!isUsual || !isObject(pre_tokenizer) || pre_tokenizer.type !== "BertPreTokenizer") return undefined;
  if (!isObject(model) || (model.continuing_subword_prefix ?? goesOn) !== goesOn) return undefined;
  return { lowercase, stripAccents: typeof strip_accents === "boolean" ? strip_accents : lowercase };
}

interface WordRules {
  readonly lowercase: boolean;
  readonly stripAccents: boolean;
}
