// Reads a request's body as JSON, with limits that are checked before parsing.

import { bytesUpTo, isObject, parseJson } from "@lowrank/contracts/internal";
import { RequestError } from "../errors.ts";

export interface BodyLimits {
  readonly maxBytes: number;
  /** Maximum nesting of lists and objects. */
  readonly maxDepth: number;
}

/** A JSON object. Throws RequestError. */
export async function readJson(request: Request, limits: BodyLimits): Promise<Readonly<Record<string, unknown>>> {
  const type = request.headers.get("content-type") ?? "";
  // Browsers send text from other sites without a CORS preflight request, but not JSON.
  if (!/^application\/json\s*(;|$)/i.test(type))
    throw new RequestError(415, "WRONG_CONTENT_TYPE", `The body is "${type}"; expected application/json.`);
  const bytes = await bytesUpTo(request, limits.maxBytes, () => {
    throw new RequestError(413, "BODY_TOO_LARGE", `The body has more than ${limits.maxBytes} bytes.`);
  });
  const refuse = (reason: string, cause?: unknown) =>
    new RequestError(400, cause === undefined ? "BODY_TOO_DEEP" : "INVALID_JSON", `The body ${reason}.`);
  const body = parseJson(new TextDecoder().decode(bytes), { maxDepth: limits.maxDepth, refuse });
  if (isObject(body)) return body;
  throw new RequestError(400, "INVALID_JSON", "The body is JSON, but not an object.");
}
