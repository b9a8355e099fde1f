// Which characters of a text each of its tokens is made of. Rust's tokenizers keep account while they work; the JavaScript
// library does not, so that its steps are retraced here and checked against what it gave.

import type { Tokenizer } from "@huggingface/tokenizers";
import { byteCharacters } from "./byte-characters.ts";
import type { CharacterSpan } from "./encoded-text.ts";
import { type TracedCharacter, textOf, traceNormalization } from "./traced-normalization.ts";

/** A token, as the vocabulary writes it, and the characters it is made of, without spaces at either end. */
export interface PlacedToken {
  readonly token: string;
  readonly span: CharacterSpan;
}

/**
 * The tokens of a text without marks, each with its characters. Undefined where they cannot be told: the text holds an added
 * token, or it is normalised in a way that does not say what came from where.
 */
export function placeTokens(text: string, tokenizer: Tokenizer): readonly PlacedToken[] | undefined {
  if (text === "") return [];
  // First, as it refuses a text that becomes too long.
  const whole = tokenizer.tokenize(text, { add_special_tokens: false });
  const { normalizer, pre_tokenizer, model } = tokenizer;
  const traced = traceNormalization(text, normalizer);
  if (traced === undefined || model === null) return undefined;
  const normalized = textOf(traced);
  if (normalized === "") return [];
  const words = pre_tokenizer === null ? [normalized] : pre_tokenizer.pre_tokenize(normalized, { section_index: 0 });
  const isByteLevel = writesBytes(tokenizer);
  const walk = new Walk(text, isByteLevel ? asBytes(traced) : traced, isByteLevel ? isByteSpace : isSpace);
  const placed: PlacedToken[] = [];
  for (const word of words) {
    const tokens = model._call([word]);
    const surfaces = surfacesOf(word, tokens, model);
    for (const [index, token] of tokens.entries()) {
      const surface = surfaces?.[index];
      const span = surface === "same-character" ? placed.at(-1)?.span : surface && walk.take(surface);
      if (span === undefined) return undefined;
      placed.push({ token, span });
    }
  }
  const isSame = whole.length === placed.length && whole.every((token, index) => placed[index]?.token === token);
  return isSame ? placed : undefined;
}

/** What each token writes of its word, or that it is a further byte of the character before it. */
type Surface = readonly string[] | "same-character";

/** Undefined where two tokens of a word are unknown. */
function surfacesOf(
  word: string,
  tokens: readonly string[],
  { unk_token: unknown, config }: NonNullable<Tokenizer["model"]>,
): readonly Surface[] | undefined {
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
  const ofUnknown = characters.length - lengths.reduce((sum, length) => sum + length, 0);
  return tokens.map((token, index): Surface => {
    if (fallsBack && isByte(token)) {
      const isFurther = bytesLeft > 0;
      bytesLeft = (isFurther ? bytesLeft : new TextEncoder().encode(characters[at] ?? "").length) - 1;
      return isFurther ? "same-character" : take(1);
    }
    return take(isUnknown(token) ? ofUnknown : (lengths[index] ?? 0));
  });
}

function isByteFallback(config: object): boolean {
  return "byte_fallback" in config && config.byte_fallback === true;
}

/** How models with `byte_fallback` write a byte of a character that they have no piece for. */
function isByte(token: string): boolean {
  return /^<0x[0-9A-F]{2}>$/.test(token);
}

/** Goes through the text token by token. */
class Walk {
  #at = 0;

  constructor(
    private readonly text: string,
    private readonly characters: readonly TracedCharacter[],
    private readonly isSpace: (character: string) => boolean,
  ) {}

  /** The characters of the next token; undefined where the text goes on otherwise. */
  take(surface: readonly string[]): CharacterSpan | undefined {
    const spans: CharacterSpan[] = [];
    for (const [index, wanted] of surface.entries()) {
      // White space parts words without being of them.
      while (index === 0 && !this.#isNext(wanted) && this.#isAtSpace()) this.#at += 1;
      const next = this.characters[this.#at];
      if (next !== undefined && this.#isNext(wanted)) {
        spans.push(next.span);
        this.#at += 1;
      } else if (index > 0 || !this.isSpace(wanted)) return undefined; // a space that is not there was put before the text
    }
    const seen = spans.filter(([start, end]) => this.text.slice(start, end).trim() !== "");
    const [first, last] = [seen[0] ?? spans[0], seen.at(-1) ?? spans.at(-1)];
    return first === undefined || last === undefined ? this.#next() : [first[0], last[1]];
  }

  #isNext(wanted: string): boolean {
    const next = this.characters[this.#at]?.character;
    return next === wanted || (this.isSpace(wanted) && this.#isAtSpace());
  }

  #isAtSpace(): boolean {
    const next = this.characters[this.#at];
    return next !== undefined && this.isSpace(next.character);
  }

  /** Of a space that was put before the text, Rust says that it is the character behind it. */
  #next(): CharacterSpan {
    return this.characters[this.#at]?.span ?? [this.text.length, this.text.length];
  }
}

/** White space, or SentencePiece's mark for it. */
function isSpace(character: string): boolean {
  return character === "▁" || character.trim() === "";
}

function isByteSpace(character: string): boolean {
  return character === byteCharacters[32];
}

function writesBytes({ pre_tokenizer }: Tokenizer): boolean {
  return pre_tokenizer?.pre_tokenize(" ").includes(byteCharacters[32] ?? "") === true;
}

function asBytes(traced: readonly TracedCharacter[]): readonly TracedCharacter[] {
  const encoder = new TextEncoder();
  return traced.flatMap(({ character, span }) => {
    return [...encoder.encode(character)].map((byte) => ({ character: byteCharacters[byte] ?? "", span }));
  });
}
