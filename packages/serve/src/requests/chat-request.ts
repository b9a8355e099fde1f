// The body of POST /v1/chat/completions.

import { describeValue, imageInDataUrl, isObject } from "@lowrank/contracts/internal";
import type { ServedMessage, ServedPart } from "../served-model.ts";
import { Fields, type RequestLimits } from "./fields.ts";
import { generationRequest } from "./generation-request.ts";
import { responseFormat } from "./response-format.ts";
import { messageCalls, toolUse } from "./tool-fields.ts";

/** Default maximum of new tokens. */
const defaultTokens = 512;

/** Throws InvalidRequestError. */
export function chatRequest(body: Readonly<Record<string, unknown>>, limits: RequestLimits) {
  const fields = new Fields(body);
  const request = generationRequest(fields, limits, defaultTokens);
  const messages = messagesOf(fields, limits);
  const top = fields.integer("top_logprobs", { min: 0, max: 20 });
  const hasLogprobs = fields.flag("logprobs");
  if (top !== undefined && !hasLogprobs) fields.fault("top_logprobs", "given without logprobs: true");
  for (const name of ["functions", "audio", "prediction"]) fields.refuseUnsupported(name, []);
  /** How many of the likeliest tokens to report; undefined: no probabilities. */
  const logprobs = hasLogprobs ? (top ?? 0) : undefined;
  const read = { ...request, messages, toolUse: toolUse(fields), format: responseFormat(fields), logprobs };
  fields.end();
  return read;
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

const roles = ["system", "developer", "user", "assistant", "tool"];

function messageOf(message: unknown, at: string, fields: Fields): ServedMessage | undefined {
  if (!isObject(message)) return fields.fault(at, "it is not an object");
  const { role: given, content, tool_calls, tool_call_id, name } = message;
  const role = roles.find((each) => each === given);
  if (role === undefined) return fields.fault(`${at}.role`, `${describeValue(given)}; expected ${roles.join(", ")}`);
  const calls = role === "assistant" ? messageCalls(tool_calls, `${at}.tool_calls`, fields) : undefined;
  if (role === "tool" && typeof tool_call_id !== "string")
    return fields.fault(`${at}.tool_call_id`, `${describeValue(tool_call_id)}; expected the id of a call`);
  const read = contentOf(calls === undefined ? content : (content ?? ""), `${at}.content`, fields);
  if (read === undefined) return undefined;
  const answered = role === "tool" ? { tool_call_id, ...(typeof name === "string" && { name }) } : {};
  const more = { ...answered, ...(calls && { tool_calls: calls }) };
  return { role: role === "developer" ? "system" : role, ...read, ...(Object.keys(more).length > 0 && { more }) };
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
    const url = type === "image_url" && isObject(link) ? link.url : undefined;
    const image = typeof url === "string" ? imageInDataUrl(url) : undefined;
    if (image !== undefined) return [{ type: "image", image }];
    if (type === "image_url")
      fields.fault(
        `${at}[${index}].image_url.url`,
        `${describeValue(url)}; expected data:image/png;base64,… or data:image/jpeg;base64,…; other addresses are not opened`,
      );
    else fields.fault(at, wanted);
    return [];
  });
  const text = parts.map((part) => (part.type === "text" ? part.text : "")).join("");
  return parts.every(({ type }) => type === "text") ? { content: text } : { content: text, parts };
}
