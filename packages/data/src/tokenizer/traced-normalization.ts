// A text as a normaliser leaves it, with the characters of the text that each of its characters came from.

import type { Normalizer } from "@huggingface/tokenizers";
import type { CharacterSpan } from "./encoded-text.ts";

/** One character of the normalised text. */
export interface TracedCharacter {
  readonly character: string;
  readonly span: CharacterSpan;
}

/** Each with its accents. */
const letters = /\P{M}\p{M}*|\p{M}+/gu;

/**
 * The normalised text character by character. Of each word, characters are normalised one by one where that gives the same as
 * the word does; else letters with their accents; else all of it comes from the whole word. Undefined where even words cannot
 * be told apart.
 */
export function traceNormalization(
  text: string,
  normalizer: Normalizer | null,
): readonly TracedCharacter[] | undefined {
  if (normalizer === null) return charactersOf(text);
  const whole = normalizer.normalize(text);
  // LLaMA's normaliser writes a mark before every text.
  const mark = normalizer.normalize("a").slice(0, -1);
  const lead = mark !== "" && whole.startsWith(mark) ? mark : "";
  const normalize = (piece: string) => {
    const normalized = normalizer.normalize(piece);
    return lead !== "" && normalized.startsWith(lead) ? normalized.slice(lead.length) : normalized;
  };
  const known = new Map<string, string>();
  const ofPiece = (piece: string): string => {
    const normalized = known.get(piece) ?? normalize(piece);
    known.set(piece, normalized);
    return normalized;
  };
  const ofFirst: CharacterSpan = [0, lengthOfFirst(text)];
  const traced: TracedCharacter[] = [...lead].map((character) => ({ character, span: ofFirst }));
  for (const { 0: word, index } of text.matchAll(/\s+|\S+/gu)) {
    const normalized = ofPiece(word);
    const tracedBy = (pieces: RegExp) =>
      [...word.matchAll(pieces)].flatMap(({ 0: piece, index: at }) => {
        // Of a letter and accents that become one character, Rust says that it is the letter.
        const length = pieces === letters ? lengthOfFirst(piece) : piece.length;
        const span: CharacterSpan = [index + at, index + at + length];
        return [...ofPiece(piece)].map((character) => ({ character, span }));
      });
    for (const pieces of [/./gsu, letters, /.+/gsu]) {
      const own = tracedBy(pieces);
      if (textOf(own) !== normalized) continue;
      traced.push(...own);
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
