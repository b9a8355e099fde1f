// The BPE model of a tokenizer.json.

import { tokenizerError } from "../errors.ts";

export type Merge = readonly [left: string, right: string];

/** A BPE model with the fields that every tokenizer.json has. */
export function bpeModel(
  merges: readonly Merge[],
  others: Readonly<Record<string, unknown>>,
): Readonly<Record<string, unknown>> {
  return {
    type: "BPE",
    dropout: null,
    unk_token: null,
    continuing_subword_prefix: null,
    end_of_word_suffix: null,
    fuse_unk: false,
    byte_fallback: false,
    ...others,
    merges,
  };
}

/** Maximum work, in characters: enough for a million pieces of sixteen letters. */
const maxCut = 2 ** 28;

/**
 * Merges of SentencePiece's BPE (Kudo and Richardson 2018), whose file has a score for each piece instead. The neighbours that
 * make the piece with the highest score are merged first. As in transformers' converter, the list has every pair of `known`
 * pieces that makes one of `pieces`. Merges of one piece are sorted by text, as in Python, or by `compare`. Throws
 * TOKENIZER_INVALID for too long pieces.
 */
export function mergesByScore(
  pieces: readonly { readonly text: string; readonly score: number }[],
  vocabulary: { has(text: string): boolean },
  compare: (one: Merge, other: Merge) => number = () => 0,
): readonly Merge[] {
  const cut = pieces.reduce((sum, { text }) => sum + text.length ** 2, 0);
  if (cut > maxCut) throw tokenizerError(["the vocabulary has too many long pieces to derive merges from"]);
  const sorted = [...pieces].sort((one, other) => other.score - one.score);
  return sorted.flatMap(({ text }) => splitsOf(text, vocabulary).sort(compare));
}

function splitsOf(text: string, known: { has(text: string): boolean }): Merge[] {
  const splits: Merge[] = [];
  for (let at = 1; at < text.length; at += 1) {
    const [left, right] = [text.slice(0, at), text.slice(at)];
    if (known.has(left) && known.has(right)) splits.push([left, right]);
  }
  return splits;
}
