// Tokens that never come, by the rules of transformers' NoBadWordsLogitsProcessor, SuppressTokensLogitsProcessor and
// SuppressTokensAtBeginLogitsProcessor.

import type { BannedTokens, ForcedTokens } from "../folder/generation-defaults.ts";

/** Where in which text a token is to come. */
export interface BannedPlace {
  /** What the decoder has read and written. */
  readonly seen: readonly number[];
  /** Counts the new tokens. */
  readonly step: number;
  readonly forced: ForcedTokens;
}

/** The tokens that must not come here. */
export function bannedAt({ sequences, first }: BannedTokens, { seen, step, forced }: BannedPlace): readonly number[] {
  const ends = sequences.flatMap((sequence) => {
    const [before, last] = [sequence.slice(0, -1), sequence.at(-1)];
    const isNext = before.every((id, index) => id === seen[seen.length - before.length + index]);
    return last === undefined || !isNext ? [] : [last];
  });
  // A forced first token is none that the model chose: the first of its own comes after it.
  const isForced = forced.first !== null && seen.length - step === 1;
  return step === (isForced ? 1 : 0) ? [...ends, ...first] : ends;
}

/** Logits without those of `ids`. */
export function withoutTokens(logits: Float32Array, ids: readonly number[]): Float32Array {
  if (ids.length === 0) return logits;
  const changed = logits.slice();
  for (const id of ids) changed[id] = Number.NEGATIVE_INFINITY;
  return changed;
}
