// The body of POST /v1/chat/completions.

import { describeValue, imageInDataUrl, isObject } from "@lowrank/contracts";
import type { ServedMessage, ServedPart } from "../served-model.ts";
import type { ToolUse } from "../tools/tool-use.ts";
import type { RequestLimits } from "./fields.ts";
import { Fields } from "./fields.ts";
import { type GenerationRequest, generationRequest } from "./generation-request.ts";
import { responseFormat, type TextFormat } from "./response-format.ts";
import { messageCalls, toolUse } from "./tool-fields.ts";

export interface ChatRequest extends GenerationRequest {
  readonly messages: readonly ServedMessage[];
  readonly toolUse: ToolUse;
  /** How many of the likeliest tokens to report; undefined: no probabilities. */
  readonly logprobs: number | undefined;
  readonly format: TextFormat;
}

/** Default maximum of new tokens. */
const defaultTokens = 512;

/** Throws InvalidRequestError. */
export function chatRequest(body: Readonly<Record<string, unknown>>, limits: RequestLimits): ChatRequest {
  const fields = new Fields(body);
  const request = generationRequest(fields, limits, defaultTokens);
  const messages = messagesOf(fields, limits);
  const top = fields.integer("top_logprobs", { min: 0, max: 20 });
  const isTold = fields.flag("logprobs");
  if (top !== undefined && !isTold) fields.fault("top_logprobs", "given without logprobs: true");
  for (const name of ["functions", "audio", "prediction"]) fields.unserved(name, []);
  const tools = toolUse(fields);
  const format = responseFormat(fields);
  fields.end();
  return { ...request, messages, toolUse: tools, format, logprobs: isTold ? (top ?? 0) : undefined };
}

/** Each is decoded, however small its file is. */
const maxImages = 64;

function messagesOf(fields: Fields, { maxMessages }: RequestLimits): readonly ServedMessage[] {
  const given = fields.raw("messages");
  if (!Array.isArray(given) || given.length === 0 || given.length > maxMessages) {
    fields.fault("messages", `expected a list of 1 to ${maxMessages} messages`);
    return [];
  }
  const messages = given.flatMap((message: unknown, index) => messageOf(message, `messages[${index}]`, fields) ?? []);
  const images = messages.flatMap(({ parts = [] }) => parts.filter(({ type }) => type === "image")).length;
  if (images > maxImages) fields.fault("messages", `${images} images; expected at most ${maxImages}`);
  return messages;
}

const roles: ReadonlyMap<unknown, string> = new Map([
  ["system", "system"],
  ["developer", "system"],
  ["user", "user"],
  ["assistant", "assistant"],
  ["tool", "tool"],
]);

function messageOf(message: unknown, at: string, fields: Fields): ServedMessage | undefined {
  if (typeof message !== "object" || message === null) return fields.fault(at, "it is not an object");
  const { role, content, tool_calls, tool_call_id, name } = message as Readonly<Record<string, unknown>>;
  const known = roles.get(role);
  if (known === undefined) {
    return fields.fault(`${at}.role`, `${describeValue(role)}; expected ${[...roles.keys()].join(", ")}`);
  }
  const calls = known === "assistant" ? messageCalls(tool_calls, `${at}.tool_calls`, fields) : undefined;
  if (known === "tool" && typeof tool_call_id !== "string")
    return fields.fault(`${at}.tool_call_id`, `${describeValue(tool_call_id)}; expected the id of a call`);
  const read = contentOf(calls === undefined ? content : (content ?? ""), `${at}.content`, fields);
  if (read === undefined) return undefined;
  const answered = known === "tool" ? { tool_call_id, ...(typeof name === "string" && { name }) } : {};
  const more = { ...answered, ...(calls && { tool_calls: calls }) };
  return { role: known, ...read, ...(Object.keys(more).length > 0 && { more }) };
}

const wanted =
  "expected a text, or a list of parts { type: text, text } and { type: image_url, image_url: { url } }; others are not supported";

/** Texts are joined. An image has to be in the request: this server downloads nothing. */
function contentOf(content: unknown, at: string, fields: Fields): Pick<ServedMessage, "content" | "parts"> | undefined {
  if (typeof content === "string") return { content };
  if (!Array.isArray(content)) return fields.fault(at, wanted);
  const parts = content.flatMap((part: unknown, index): readonly ServedPart[] => {
    const { type, text, image_url: link } = isObject(part) ? part : {};
    if (type === "text" && typeof text === "string") return [{ type, text }];
    const image = type === "image_url" && isObject(link) ? imageInDataUrl(String(link.url)) : undefined;
    if (image !== undefined) return [{ type: "image", image }];
    if (type === "image_url")
      fields.fault(
        `${at}[${index}].image_url.url`,
        "expected data:image/png;base64,… or data:image/jpeg;base64,…; other addresses are not opened",
      );
    else fields.fault(at, wanted);
    return [];
  });
  const text = parts.map((part) => (part.type === "text" ? part.text : "")).join("");
  return parts.every(({ type }) => type === "text") ? { content: text } : { content: text, parts };
}
