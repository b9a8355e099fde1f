// Finds the span of each token: the characters of the text that the token was made from (`offset_mapping` in transformers).
// Rust's tokenizers record spans while they work. The JavaScript library does not, so this file repeats its steps, and checks
// that they give the same tokens.

import type { Tokenizer } from "@huggingface/tokenizers";
import { byteCharacters } from "./byte-characters.ts";
import type { CharacterSpan } from "./encoded-text.ts";
import { type TracedCharacter, textOf, traceNormalization } from "./traced-normalization.ts";

/** A token as the vocabulary writes it, and its span without spaces at either end. */
export interface TokenSpan {
  readonly token: string;
  readonly span: CharacterSpan;
}

/**
 * The tokens of a text, without special tokens, each with its span. Undefined if spans cannot be computed: the text contains
 * an added token, or the normalizer changes the text in a way that cannot be traced.
 */
export function tokenSpans(text: string, tokenizer: Tokenizer): readonly TokenSpan[] | undefined {
  if (text === "") return [];
  // First, because it throws if the text becomes too long.
  const tokensOfLibrary = tokenizer.tokenize(text, { add_special_tokens: false });
  const { normalizer, pre_tokenizer, model } = tokenizer;
  const traced = traceNormalization(text, normalizer);
  if (traced === undefined || model === null) return undefined;
  const normalized = textOf(traced);
  if (normalized === "") return [];
  const words = pre_tokenizer === null ? [normalized] : pre_tokenizer.pre_tokenize(normalized, { section_index: 0 });
  const isByteLevel = usesByteLevel(tokenizer);
  const finder = new SpanFinder(text, isByteLevel ? asBytes(traced) : traced, isByteLevel ? isByteSpace : isSpace);
  const found: TokenSpan[] = [];
  for (const word of words) {
    const tokens = model._call([word]);
    const parts = splitWord(word, tokens, model);
    for (const [index, token] of tokens.entries()) {
      const part = parts?.[index];
      const span = part === "same-character" ? found.at(-1)?.span : part && finder.next(part);
      if (span === undefined) return undefined;
      found.push({ token, span });
    }
  }
  const { length } = tokensOfLibrary;
  const isSame = length === found.length && tokensOfLibrary.every((token, index) => found[index]?.token === token);
  return isSame ? found : undefined;
}

/** A token's characters of the word, or "same-character" for a further byte of the character before it. */
type WordPart = readonly string[] | "same-character";

/** The word's characters, divided among its tokens. Undefined if two of its tokens are unknown. */
function splitWord(
  word: string,
  tokens: readonly string[],
  { unk_token: unknown, config }: NonNullable<Tokenizer["model"]>,
): readonly WordPart[] | undefined {
  const prefix = config.type === "WordPiece" ? (config.continuing_subword_prefix ?? "##") : "";
  const fallsBack = config.type !== "WordPiece" && isByteFallback(config);
  const characters = [...word];
  const isUnknown = (token: string) => token === unknown && token !== word;
  if (tokens.filter(isUnknown).length > 1) return undefined;
  let at = 0;
  let bytesLeft = 0;
  const take = (count: number) => {
    at += count;
    return characters.slice(at - count, at);
  };
  const lengthOf = (token: string, index: number) => {
    return [...token].length - (index > 0 && prefix !== "" && token.startsWith(prefix) ? prefix.length : 0);
  };
  const lengths = tokens.map((token, index) => (isUnknown(token) ? 0 : lengthOf(token, index)));
  const lengthOfUnknown = characters.length - lengths.reduce((sum, length) => sum + length, 0);
  return tokens.map((token, index): WordPart => {
    if (fallsBack && isByte(token)) {
      const isFurther = bytesLeft > 0;
      bytesLeft = (isFurther ? bytesLeft : new TextEncoder().encode(characters[at] ?? "").length) - 1;
      return isFurther ? "same-character" : take(1);
    }
    return take(isUnknown(token) ? lengthOfUnknown : (lengths[index] ?? 0));
  });
}

function isByteFallback(config: object): boolean {
  return "byte_fallback" in config && config.byte_fallback === true;
}

/** Models with `byte_fallback` write a character without a piece as its bytes, such as <0xE2>. */
function isByte(token: string): boolean {
  return /^<0x[0-9A-F]{2}>$/.test(token);
}

/** Reads the normalized characters from the start, one token at a time. */
class SpanFinder {
  #at = 0;

  constructor(
    private readonly text: string,
    private readonly characters: readonly TracedCharacter[],
    private readonly isSpace: (character: string) => boolean,
  ) {}

  /** The span of the next token. Undefined if the token's characters are not the next ones of the text. */
  next(part: readonly string[]): CharacterSpan | undefined {
    const spans: CharacterSpan[] = [];
    for (const [index, expected] of part.entries()) {
      // White space between words belongs to no token.
      while (index === 0 && !this.#isNext(expected) && this.#isAtSpace()) this.#at += 1;
      const next = this.characters[this.#at];
      if (next !== undefined && this.#isNext(expected)) {
        spans.push(next.span);
        this.#at += 1;
      } else if (index > 0 || !this.isSpace(expected)) return undefined; // a missing space was added before the text
    }
    const visible = spans.filter(([start, end]) => this.text.slice(start, end).trim() !== "");
    const [first, last] = [visible[0] ?? spans[0], visible.at(-1) ?? spans.at(-1)];
    return first === undefined || last === undefined ? this.#nextSpan() : [first[0], last[1]];
  }

  #isNext(expected: string): boolean {
    const next = this.characters[this.#at]?.character;
    return next === expected || (this.isSpace(expected) && this.#isAtSpace());
  }

  #isAtSpace(): boolean {
    const next = this.characters[this.#at];
    return next !== undefined && this.isSpace(next.character);
  }

  /** For a space that the tokenizer added before the text, Rust reports the character after it. */
  #nextSpan(): CharacterSpan {
    return this.characters[this.#at]?.span ?? [this.text.length, this.text.length];
  }
}

/** White space, or ▁, which SentencePiece writes for a space. */
function isSpace(character: string): boolean {
  return character === "▁" || character.trim() === "";
}

function isByteSpace(character: string): boolean {
  return character === byteCharacters[32];
}

function usesByteLevel({ pre_tokenizer }: Tokenizer): boolean {
  return pre_tokenizer?.pre_tokenize(" ").includes(byteCharacters[32] ?? "") === true;
}

/** Each character as the letters of its UTF-8 bytes, all with the character's span. */
function asBytes(traced: readonly TracedCharacter[]): readonly TracedCharacter[] {
  const encoder = new TextEncoder();
  return traced.flatMap(({ character, span }) => {
    return [...encoder.encode(character)].map((byte) => ({ character: byteCharacters[byte] ?? "", span }));
  });
}
