// A request's body as JSON, bounded before it is parsed.

import { isObject } from "@lowrank/contracts";
import { RequestError } from "../errors.ts";

export interface BodyLimits {
  readonly maxBytes: number;
  /** Lists and objects within each other. */
  readonly maxDepth: number;
}

/** A JSON object. Throws RequestError. */
export async function readJson(request: Request, limits: BodyLimits): Promise<Readonly<Record<string, unknown>>> {
  const type = request.headers.get("content-type") ?? "";
  // A page elsewhere can send text to this server without being asked for leave, but not JSON.
  if (!/^application\/json\s*(;|$)/i.test(type))
    throw new RequestError(415, "WRONG_CONTENT_TYPE", `The body is "${type}"; expected application/json.`);
  const text = await readText(request, limits.maxBytes);
  if (depthOf(text) > limits.maxDepth) {
    throw new RequestError(400, "BODY_TOO_DEEP", `The body has lists or objects more than ${limits.maxDepth} deep.`);
  }
  const body = parsed(text);
  if (isObject(body)) return body;
  throw new RequestError(400, "INVALID_JSON", "The body is JSON, but no object.");
}

async function readText(request: Request, maxBytes: number): Promise<string> {
  const tooLarge = () => new RequestError(413, "BODY_TOO_LARGE", `The body has more than ${maxBytes} bytes.`);
  if (Number(request.headers.get("content-length") ?? 0) > maxBytes) throw tooLarge();
  const reader = request.body?.getReader();
  const decoder = new TextDecoder();
  for (let [text, bytes] = ["", 0]; ; ) {
    const chunk = await reader?.read();
    if (chunk?.value === undefined) return text + decoder.decode();
    bytes += chunk.value.byteLength;
    if (bytes > maxBytes) throw tooLarge();
    text += decoder.decode(chunk.value, { stream: true });
  }
}

function parsed(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch (error) {
    throw new RequestError(
      400,
      "INVALID_JSON",
      `The body is no JSON: ${error instanceof Error ? error.message : error}.`,
    );
  }
}

/** How deep brackets lie within each other outside of texts. */
function depthOf(text: string): number {
  let [depth, deepest, inText] = [0, 0, false];
  for (let place = 0; place < text.length; place++) {
    const character = text[place];
    if (inText && character === "\\") place++;
    else if (character === '"') inText = !inText;
    else if (inText) continue;
    else if (character === "[" || character === "{") deepest = Math.max(deepest, ++depth);
    else if (character === "]" || character === "}") depth--;
  }
  return deepest;
}
