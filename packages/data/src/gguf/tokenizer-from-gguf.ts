// A GGUF file's metadata as the two files that a tokenizer is built from elsewhere.

import { TokenizerError } from "../errors.ts";
import type { JsonObject } from "../json-object.ts";
import { byteLevelParts } from "./byte-level-parts.ts";
import { type GgufMetadata, type GgufToken, type GgufVocabulary, readGgufVocabulary } from "./gguf-vocabulary.ts";
import { sentencePieceParts } from "./sentence-piece-parts.ts";
import type { TokenizerParts } from "./tokenizer-parts.ts";

/** Contents of tokenizer.json and tokenizer_config.json. */
export interface GgufTokenizer {
  readonly tokenizerJson: JsonObject;
  readonly tokenizerConfig: JsonObject;
}

/** By `tokenizer.ggml.model`. */
const kinds: ReadonlyMap<string, (vocabulary: GgufVocabulary) => TokenizerParts> = new Map([
  ["gpt2", byteLevelParts],
  ["llama", sentencePieceParts],
]);

/**
 * Makes a tokenizer from the metadata of a GGUF file (`openGguf` of `@lowrank/gguf`): byte-level BPE ("gpt2") whose
 * `tokenizer.ggml.pre` is known, or SentencePiece's BPE with scores ("llama").
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
      `tokenizer.ggml.model is ${JSON.stringify(vocabulary.model)}; known are ${[...kinds.keys()].join(" and ")}`,
      "put the model's own tokenizer.json into the folder of the .gguf file",
    ]);
  }
  const parts = partsOf(vocabulary);
  const marks = markTexts(vocabulary, parts);
  return { tokenizerJson: jsonOf(vocabulary, parts, marks), tokenizerConfig: configOf(vocabulary, marks) };
}

type Mark = "bos" | "eos" | "unknown" | "padding";
type MarkTexts = Readonly<Partial<Record<Mark, string>>>;

/** A word of the vocabulary is no mark, whatever the file says: it would be cut out of every text. */
function markTexts({ tokens, marks }: GgufVocabulary, { impliedMarks }: TokenizerParts): MarkTexts {
  const texts = (["bos", "eos", "unknown", "padding"] as const).flatMap((mark) => {
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
      bos: (flags.addBos ?? parts.addsBos) ? marks.bos : undefined,
      eos: flags.addEos === true ? marks.eos : undefined,
    }),
    decoder: parts.decoder,
    model: {
      type: "BPE",
      dropout: null,
      unk_token: null,
      continuing_subword_prefix: null,
      end_of_word_suffix: null,
      fuse_unk: false,
      byte_fallback: false,
      ...parts.model,
      vocab: Object.fromEntries(tokens.map(({ text }, id) => [text, id])),
      merges: parts.merges,
    },
  };
}

/** Marks around a text, as LLaMA's own files have them; null for none. */
function frame(
  tokens: readonly GgufToken[],
  { bos, eos }: { readonly bos: string | undefined; readonly eos: string | undefined },
): JsonObject | null {
  const used = [...new Set([bos, eos].filter((text) => text !== undefined))];
  if (used.length === 0) return null;
  const framed = (id: "A" | "B", type: 0 | 1) => [
    ...(bos === undefined ? [] : [{ SpecialToken: { id: bos, type_id: type } }]),
    { Sequence: { id, type_id: type } },
    ...(eos === undefined ? [] : [{ SpecialToken: { id: eos, type_id: type } }]),
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

function configOf({ chatTemplate }: GgufVocabulary, { bos, eos, unknown, padding }: MarkTexts): JsonObject {
  return {
    tokenizer_class: "PreTrainedTokenizerFast",
    clean_up_tokenization_spaces: false,
    ...(bos === undefined ? {} : { bos_token: bos }),
    ...(eos === undefined ? {} : { eos_token: eos }),
    ...(unknown === undefined ? {} : { unk_token: unknown }),
    ...(padding === undefined ? {} : { pad_token: padding }),
    ...(chatTemplate === undefined ? {} : { chat_template: chatTemplate }),
  };
}
