// The bodies of POST /v1/completions and /v1/embeddings.

import { Fields, type RequestLimits } from "./fields.ts";
import { generationRequest } from "./generation-request.ts";

type Body = Readonly<Record<string, unknown>>;

/** Default maximum of new tokens, as in OpenAI's API. */
const defaultTokens = 16;

/** Throws InvalidRequestError. */
export function completionRequest(body: Body, limits: RequestLimits) {
  const fields = new Fields(body);
  const request = generationRequest(fields, limits, defaultTokens);
  const prompts = textsOf("prompt", fields, limits.maxChoices);
  if (prompts.length * request.n > limits.maxChoices)
    fields.fault("n", `${prompts.length} prompts times ${request.n}; expected at most ${limits.maxChoices} texts`);
  /** How many of the likeliest tokens to report; undefined: no probabilities. */
  const logprobs = fields.integer("logprobs", { min: 0, max: 20 });
  fields.refuseUnsupported("echo", [false]);
  fields.refuseUnsupported("suffix", [""]);
  fields.refuseUnsupported("best_of", [1]);
  fields.end();
  return { ...request, prompts, logprobs };
}

/** Throws InvalidRequestError. */
export function embeddingRequest(body: Body, limits: RequestLimits) {
  const fields = new Fields(body);
  const model = fields.required("model");
  const inputs = textsOf("input", fields, limits.maxInputs);
  const format = fields.text("encoding_format") ?? "float";
  if (format !== "float" && format !== "base64")
    fields.fault("encoding_format", `"${format}"; expected float or base64`);
  /** How many of the first dimensions to send; undefined for all. */
  const dimensions = fields.integer("dimensions", { min: 1, max: 2 ** 16 });
  fields.end();
  // OpenAI's client requests vectors as base64 of their bytes.
  return { model, inputs, isBase64: format === "base64", dimensions };
}

function textsOf(name: string, fields: Fields, max: number): readonly string[] {
  const texts = fields.texts(name, max) ?? [];
  if (texts.length === 0 || texts.includes(""))
    fields.fault(name, "it is missing or empty; expected a text or a list of texts");
  return texts;
}
