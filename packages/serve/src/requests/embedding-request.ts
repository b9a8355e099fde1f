// Texts to be embedded: the body of POST /v1/embeddings.

import { Fields } from "./fields.ts";
import type { RequestLimits } from "./limits.ts";

export interface EmbeddingRequest {
  readonly model: string;
  readonly inputs: readonly string[];
  /** Whether numbers come as base64 of their bytes, which OpenAI's client asks for. */
  readonly isBase64: boolean;
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
  fields.unserved("dimensions", []);
  fields.end();
  return { model, inputs, isBase64: format === "base64" };
}
