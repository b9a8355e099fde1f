// A text after the normalizer, with the source of each character: its span in the original text.

import type { Normalizer } from "@huggingface/tokenizers";
import type { CharacterSpan } from "./encoded-text.ts";

/** One character of the normalized text, and its span in the original. */
export interface TracedCharacter {
  readonly character: string;
  readonly span: CharacterSpan;
}

/** A letter with its accents. */
const letters = /\P{M}\p{M}*|\p{M}+/gu;

/**
 * The normalized text, character by character. Each word is normalized in pieces: first single characters, then letters with
 * their accents, then the whole word. The first division that gives the same text as the word is used. Undefined if even
 * whole words give another text.
 */
export function traceNormalization(
  text: string,
  normalizer: Normalizer | null,
): readonly TracedCharacter[] | undefined {
  if (normalizer === null) return charactersOf(text);
  const whole = normalizer.normalize(text);
  // LLaMA's normalizer writes ▁ before every text.
  const added = normalizer.normalize("a").slice(0, -1);
  const lead = added !== "" && whole.startsWith(added) ? added : "";
  const normalize = (piece: string) => {
    const normalized = normalizer.normalize(piece);
    return lead !== "" && normalized.startsWith(lead) ? normalized.slice(lead.length) : normalized;
  };
  const cache = new Map<string, string>();
  const ofPiece = (piece: string): string => {
    const normalized = cache.get(piece) ?? normalize(piece);
    cache.set(piece, normalized);
    return normalized;
  };
  const ofFirst: CharacterSpan = [0, lengthOfFirst(text)];
  const traced: TracedCharacter[] = [...lead].map((character) => ({ character, span: ofFirst }));
  for (const { 0: word, index } of text.matchAll(/\s+|\S+/gu)) {
    const normalized = ofPiece(word);
    const tracedBy = (pieces: RegExp) =>
      [...word.matchAll(pieces)].flatMap(({ 0: piece, index: at }) => {
        // Where a letter and its accents become one character, Rust's span is the letter.
        const length = pieces === letters ? lengthOfFirst(piece) : piece.length;
        const span: CharacterSpan = [index + at, index + at + length];
        return [...ofPiece(piece)].map((character) => ({ character, span }));
      });
    for (const pieces of [/./gsu, letters, /.+/gsu]) {
      const candidate = tracedBy(pieces);
      if (textOf(candidate) !== normalized) continue;
      traced.push(...candidate);
      break;
    }
  }
  return textOf(traced) === whole ? traced : undefined;
}

export function textOf(characters: readonly TracedCharacter[]): string {
  return characters.map(({ character }) => character).join("");
}

function lengthOfFirst(text: string): number {
  return (text.codePointAt(0) ?? 0) > 0xffff ? 2 : 1;
}

function charactersOf(text: string): readonly TracedCharacter[] {
  return [...text.matchAll(/./gsu)].map(({ 0: character, index }) => {
    return { character, span: [index, index + character.length] };
  });
}
