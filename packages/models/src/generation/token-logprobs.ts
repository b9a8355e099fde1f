// Log probabilities of written tokens and of the likeliest alternatives: from the model's own logits, before temperature or
// other rules.

import { expOf, largestOf } from "./exponential.ts";

/** A token with the natural logarithm of its probability. */
interface TokenLogprob {
  readonly id: number;
  readonly logprob: number;
}

/** The log probability of a token, and of the likeliest alternatives. */
export interface TokenReport {
  readonly logprob: number;
  /** The likeliest tokens there, likeliest first. */
  readonly top: readonly TokenLogprob[];
}

/** The log probability of token `id`, and those of the `count` likeliest tokens. */
export function reportToken(logits: Float32Array, id: number, count: number): TokenReport {
  const highest = largestOf(logits);
  let sum = 0;
  for (let token = 0; token < logits.length; token++) sum += expOf((logits[token] as number) - highest);
  const normalizer = highest + Math.log(sum);
  const logprobOf = (token: number) => (logits[token] ?? Number.NEGATIVE_INFINITY) - normalizer;
  const top = likeliestTokens(logits, count).map((token) => ({ id: token, logprob: logprobOf(token) }));
  return { logprob: logprobOf(id), top };
}

/** Among equal ones, the first. */
function likeliestTokens(logits: Float32Array, count: number): readonly number[] {
  const tokens: number[] = [];
  for (let token = 0; token < logits.length && count > 0; token++) {
    const logit = logits[token] as number;
    if (tokens.length === count && !(logit > (logits[tokens[count - 1] as number] as number))) continue;
    const index = tokens.findIndex((other) => logit > (logits[other] as number));
    tokens.splice(index < 0 ? tokens.length : index, 0, token);
    if (tokens.length > count) tokens.pop();
  }
  return tokens;
}
