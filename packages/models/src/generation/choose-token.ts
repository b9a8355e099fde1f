// Chooses one text's next token, with all rules: banned, repeated, sampled or forced tokens.

import { generationOptionError } from "../errors.ts";
import type { BannedTokens, ForcedTokens } from "../folder/generation-defaults.ts";
import { likeliestToken, type Sampling, sampleToken } from "./sampling.ts";
import { onlyAllowed, type TokenConstraint } from "./token-constraint.ts";

export interface TokenRules {
  /** Absent: always the likeliest token. */
  readonly sampling?: Sampling | undefined;
  readonly repetitionPenalty?: number | undefined;
  readonly logitBias?: LogitBias | undefined;
  readonly forced: ForcedTokens;
  readonly banned: BannedTokens;
  readonly maxNewTokens: number;
}

/** Numbers that are added to the logits of tokens, by token id: OpenAI's `logit_bias`. */
export type LogitBias = Readonly<Record<number, number>>;

/** The text, and the index of the token to choose. */
export interface TokenContext {
  readonly prompt: number;
  /** Counts the new tokens. */
  readonly step: number;
  /** The tokens that the decoder has read and written. */
  readonly seen: readonly number[];
  /** The texts that are allowed. It receives each chosen token that is not forced. */
  readonly constraint?: TokenConstraint | undefined;
}

/** Whether the likeliest token comes, unless one is forced. */
export function isLikeliest(
  { sampling, repetitionPenalty = 1, logitBias, forced, banned }: TokenRules,
  context: TokenContext,
): boolean {
  const isFree = sampling === undefined && logitBias === undefined && repetitionPenalty === 1;
  return isFree && context.constraint === undefined && bannedAt(banned, { ...context, forced }).length === 0;
}

/** By the logits of a whole vocabulary. Throws GENERATION_OPTION if the constraint and the other rules leave no token. */
export function chooseToken(logits: Float32Array, rules: TokenRules, context: TokenContext): number {
  const { sampling, repetitionPenalty = 1, logitBias = {}, forced, banned } = rules;
  const { prompt, step, seen, constraint } = context;
  const certain = forcedHere(rules, context);
  if (certain !== undefined) return certain;
  const allowed = withoutTokens(withBias(logits, logitBias), bannedAt(banned, { seen, step, forced }));
  const penalized = repetitionPenalty === 1 ? allowed : penalizeRepetition(allowed, seen, repetitionPenalty);
  const possible = onlyAllowed(penalized, constraint?.allowed());
  const id = sampling === undefined ? likeliestToken(possible) : sampleToken(possible, sampling, { prompt, step });
  if (constraint !== undefined && possible[id] === Number.NEGATIVE_INFINITY) {
    throw generationOptionError("constraint", "one that leaves no token", "a token that the model may write here");
  }
  constraint?.accept(id);
  return id;
}

/** The token that comes whatever the logits are. */
export function forcedHere(
  { forced, maxNewTokens, sampling }: TokenRules,
  { prompt, step, seen }: TokenContext,
): number | undefined {
  return forcedToken(forced, { prompt, step, maxNewTokens, read: seen.length - step }, sampling);
}

// Tokens that never come, by the rules of transformers' NoBadWordsLogitsProcessor, SuppressTokensLogitsProcessor and
// SuppressTokensAtBeginLogitsProcessor.

type BannedContext = Pick<TokenContext, "seen" | "step"> & Pick<TokenRules, "forced">;

/** The tokens that must not come here. */
export function bannedAt({ sequences, first }: BannedTokens, { seen, step, forced }: BannedContext): readonly number[] {
  const ends = sequences.flatMap((sequence) => {
    const [before, last] = [sequence.slice(0, -1), sequence.at(-1)];
    const isNext = before.every((id, index) => id === seen[seen.length - before.length + index]);
    return last === undefined || !isNext ? [] : [last];
  });
  // A forced first token is not the model's choice. The model chooses its first token after it.
  const isForced = forced.first !== null && seen.length - step === 1;
  return step === (isForced ? 1 : 0) ? [...ends, ...first] : ends;
}

/** Logits with a number added to each that has one. */
function withBias(logits: Float32Array, bias: LogitBias): Float32Array {
  const entries = Object.entries(bias);
  if (entries.length === 0) return logits;
  const changed = logits.slice();
  for (const [id, value] of entries) changed[Number(id)] = (logits[Number(id)] ?? 0) + value;
  return changed;
}

/** A copy of the logits with −∞ for `ids`. */
export function withoutTokens(logits: Float32Array, ids: readonly number[]): Float32Array {
  if (ids.length === 0) return logits;
  const changed = logits.slice();
  for (const id of ids) changed[id] = Number.NEGATIVE_INFINITY;
  return changed;
}

// Forced tokens, by the rules of transformers' ForcedBOSTokenLogitsProcessor and ForcedEOSTokenLogitsProcessor.

interface ForcedContext extends Pick<TokenContext, "prompt" | "step">, Pick<TokenRules, "maxNewTokens"> {
  /** Tokens in front of the new ones: of a decoder with a source, its start. */
  readonly read: number;
}

/** The token that is forced at this position; undefined if the logits decide. */
export function forcedToken(forced: ForcedTokens, context: ForcedContext, sampling?: Sampling): number | undefined {
  const ids = forcedAt(forced, context);
  if (sampling === undefined || ids.length < 2) return ids[0];
  // All are equally likely.
  return ids[sampleToken(new Float32Array(ids.length), sampling, context)];
}

/** In rising order. The forced last token has priority over the forced first one. */
function forcedAt({ first, last }: ForcedTokens, { step, maxNewTokens, read }: ForcedContext): readonly number[] {
  if (last.length > 0 && step === maxNewTokens - 1) return [...last].sort((one, other) => one - other);
  return first !== null && step === 0 && read === 1 ? [first] : [];
}

// Makes tokens that already occur less likely (Keskar et al. 2019, section 4.1).

/**
 * Logits in which the entries of `tokens` are divided by the penalty if they are positive and multiplied by it otherwise, once for
 * each token. A penalty above 1 discourages the tokens, one below 1 encourages them.
 */
export function penalizeRepetition(logits: Float32Array, tokens: Iterable<number>, penalty: number): Float32Array {
  const changed = logits.slice();
  for (const token of new Set(tokens)) {
    const logit = logits[token];
    if (logit !== undefined) changed[token] = logit < 0 ? logit * penalty : logit / penalty;
  }
  return changed;
}
