// One text's next token, by all the rules that say which may come: what is banned, repeated, drawn or forced.

import type { BannedTokens, ForcedTokens } from "../folder/generation-defaults.ts";
import { bannedAt, withoutTokens } from "./banned-tokens.ts";
import { forcedToken } from "./forced-tokens.ts";
import { penalizeRepetition } from "./repetition-penalty.ts";
import { likeliestToken, type Sampling, sampleToken } from "./sampling.ts";

/** How one text goes on. */
export interface TokenRules {
  /** Absent: always the likeliest token. */
  readonly sampling?: Sampling | undefined;
  readonly repetitionPenalty?: number | undefined;
  readonly forced: ForcedTokens;
  readonly banned: BannedTokens;
  readonly maxNewTokens: number;
}

/** Where in which text a token is to come. */
export interface TokenPlace {
  readonly prompt: number;
  /** Counts the new tokens. */
  readonly step: number;
  /** What the decoder has read and written. */
  readonly seen: readonly number[];
}

/** Whether the likeliest token comes, unless one is forced. */
export function isLikeliest(
  { sampling, repetitionPenalty = 1, forced, banned }: TokenRules,
  place: TokenPlace,
): boolean {
  return sampling === undefined && repetitionPenalty === 1 && bannedAt(banned, { ...place, forced }).length === 0;
}

/** By the logits of a whole vocabulary. */
export function chooseToken(logits: Float32Array, rules: TokenRules, place: TokenPlace): number {
  const { sampling, repetitionPenalty = 1, forced, banned } = rules;
  const { prompt, step, seen } = place;
  const certain = forcedAtPlace(rules, place);
  if (certain !== undefined) return certain;
  const allowed = withoutTokens(logits, bannedAt(banned, { seen, step, forced }));
  const penalized = repetitionPenalty === 1 ? allowed : penalizeRepetition(allowed, seen, repetitionPenalty);
  return sampling === undefined ? likeliestToken(penalized) : sampleToken(penalized, sampling, { prompt, step });
}

/** The token that comes whatever the logits are. */
export function forcedAtPlace(
  { forced, maxNewTokens, sampling }: TokenRules,
  { prompt, step, seen }: TokenPlace,
): number | undefined {
  return forcedToken(forced, { prompt, step, maxNewTokens, read: seen.length - step }, sampling);
}
