// Texts to go on with: the body of POST /v1/completions.

import { Fields } from "./fields.ts";
import { type GenerationRequest, generationRequest } from "./generation-request.ts";
import type { RequestLimits } from "./limits.ts";

export interface CompletionRequest extends GenerationRequest {
  readonly prompts: readonly string[];
  /** How many likeliest tokens are told; undefined if no probabilities are. */
  readonly logprobs: number | undefined;
}

/** OpenAI's, where a request does not say it. */
const defaultTokens = 16;

/** Throws InvalidRequestError. */
export function completionRequest(body: Readonly<Record<string, unknown>>, limits: RequestLimits): CompletionRequest {
  const fields = new Fields(body);
  const request = generationRequest(fields, limits, defaultTokens);
  const prompts = fields.texts("prompt", limits.maxChoices) ?? [];
  if (fields.raw("prompt") === undefined || prompts.includes("")) {
    fields.fault("prompt", "it is missing or empty; expected a text or a list of texts");
  }
  if (prompts.length * request.n > limits.maxChoices) {
    fields.fault("n", `${prompts.length} prompts times ${request.n}; at most ${limits.maxChoices} texts are written`);
  }
  const logprobs = fields.integer("logprobs", { min: 0, max: 20 });
  fields.unserved("echo", [false]);
  fields.unserved("suffix", [""]);
  fields.unserved("best_of", [1]);
  fields.end();
  return { ...request, prompts, logprobs };
}
