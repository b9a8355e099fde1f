// GGUF's tokenizers of the model "bert": WordPiece (Wu et al. 2016), whose file marks where words begin instead of where they
// go on, and does not say whether it distinguishes upper case.

import { TokenizerError } from "../errors.ts";
import type { GgufToken, GgufVocabulary } from "./gguf-vocabulary.ts";
import type { TokenizerParts } from "./tokenizer-parts.ts";

/** In front of a piece that begins a word. */
const wordMark = "▁";
const goesOn = "##";

/** The parts of such a tokenizer. Throws TokenizerError without the mark of unknown words. */
export function wordPieceParts({ tokens, marks }: GgufVocabulary): TokenizerParts {
  const unknown = tokens[marks.unknown ?? -1] ?? tokens.find(({ text }) => text === "[UNK]");
  if (unknown === undefined)
    throw new TokenizerError(["tokenizer.ggml.unknown_token_id: missing, and there is no [UNK]"]);
  const isCased = tokens.some(({ text, kind }) => kind === "normal" && /^▁?\p{Lu}/u.test(text));
  return {
    normalizer: {
      type: "BertNormalizer",
      clean_text: true,
      handle_chinese_chars: true,
      strip_accents: null,
      lowercase: !isCased,
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
  if (kind !== "normal") return text;
  return text.startsWith(wordMark) ? text.slice(wordMark.length) : goesOn + text;
}
