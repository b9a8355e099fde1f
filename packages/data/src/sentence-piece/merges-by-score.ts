// SentencePiece's BPE (Kudo and Richardson 2018) has no merges in its file, but a score for each piece: of two neighbours those
// are joined first that make the piece with the highest score. Written as merges, as transformers' converter of such models does.

import { TokenizerError } from "../errors.ts";
import type { SentencePiece } from "./sentence-piece-model.ts";

/** Characters that are cut out of pieces in all: a vocabulary of a million pieces of sixteen letters. */
const mostCut = 2 ** 28;

/** Every way in which two pieces make a third, those with the highest score first. Throws TokenizerError for too long pieces. */
export function mergesByScore(pieces: readonly SentencePiece[]): readonly (readonly [string, string])[] {
  const normal = pieces.flatMap(({ text, score, kind }, id) => (kind === "normal" ? [{ text, score, id }] : []));
  const cut = normal.reduce((sum, { text }) => sum + text.length ** 2, 0);
  if (cut > mostCut) throw new TokenizerError(["the vocabulary has too many long pieces to look for merges in"]);
  const known = new Set(normal.map(({ text }) => text));
  const sorted = normal.sort((one, other) => other.score - one.score || one.id - other.id);
  return sorted.flatMap(({ text }) => splitsOf(text, known));
}

/** In order of their texts, as Python sorts them. */
function splitsOf(text: string, known: ReadonlySet<string>): readonly (readonly [string, string])[] {
  const splits: (readonly [string, string])[] = [];
  for (let at = 1; at < text.length; at += 1) {
    const [left, right] = [text.slice(0, at), text.slice(at)];
    if (known.has(left) && known.has(right)) splits.push([left, right]);
  }
  return splits;
}
