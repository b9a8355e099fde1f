// The bodies of POST /v1/completions and /v1/embeddings.

import { Fields, type RequestLimits } from "./fields.ts";
import { type GenerationRequest, generationRequest } from "./generation-request.ts";

export interface CompletionRequest extends GenerationRequest {
  readonly prompts: readonly string[];
  /** How many of the likeliest tokens to report; undefined: no probabilities. */
  readonly logprobs: number | undefined;
}

/** Default maximum of new tokens, as in OpenAI's API. */
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
    fields.fault("n", `${prompts.length} prompts times ${request.n}; expected at most ${limits.maxChoices} texts`);
  }
  const logprobs = fields.integer("logprobs", { min: 0, max: 20 });
  fields.unserved("echo", [false]);
  fields.unserved("suffix", [""]);
  fields.unserved("best_of", [1]);
  fields.end();
  return { ...request, prompts, logprobs };
}

interface EmbeddingRequest {
  readonly model: string;
  readonly inputs: readonly string[];
  /** Whether vectors are sent as base64 of their bytes, which OpenAI's client requests. */
  readonly isBase64: boolean;
  /** How many of the first dimensions to send; undefined for all. */
  readonly dimensions: number | undefined;
}

/** Throws InvalidRequestError. */
export function embeddingRequest(body: Readonly<Record<string, unknown>>, limits: RequestLimits): EmbeddingRequest {
  const fields = new Fields(body);
  const model = fields.text("model") ?? fields.fault("model", "it is missing") ?? "";
  const inputs = fields.texts("input", limits.maxInputs) ?? [];
  if (inputs.length === 0 || inputs.includes("")) {
    fields.fault("input", "it is missing or empty; expected a text or a list of texts");
  }
  const format = fields.text("encoding_format") ?? "float";
  if (format !== "float" && format !== "base64")
    fields.fault("encoding_format", `"${format}"; expected float or base64`);
  const dimensions = fields.integer("dimensions", { min: 1, max: 2 ** 16 });
  fields.end();
  return { model, inputs, isBase64: format === "base64", dimensions };
}
