// The body of POST /v1/chat/completions.

import { describeValue } from "@lowrank/contracts";
import type { ServedMessage } from "../served-model.ts";
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

function messagesOf(fields: Fields, { maxMessages }: RequestLimits): readonly ServedMessage[] {
  const given = fields.raw("messages");
  if (!Array.isArray(given) || given.length === 0 || given.length > maxMessages) {
    fields.fault("messages", `expected a list of 1 to ${maxMessages} messages`);
    return [];
  }
  return given.flatMap((message: unknown, index) => messageOf(message, `messages[${index}]`, fields) ?? []);
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
  const text = textOf(calls === undefined ? content : (content ?? ""));
  if (text !== undefined) {
    const answered = known === "tool" ? { tool_call_id, ...(typeof name === "string" && { name }) } : {};
    const more = { ...answered, ...(calls && { tool_calls: calls }) };
    return { role: known, content: text, ...(Object.keys(more).length > 0 && { more }) };
  }
  return fields.fault(
    `${at}.content`,
    "expected a text, or a list of parts { type: text, text }; others are not supported",
  );
}

function textOf(content: unknown): string | undefined {
  if (typeof content === "string") return content;
  if (!Array.isArray(content)) return undefined;
  const parts = content.map((part: unknown) => {
    const { type, text } = (part ?? {}) as { readonly type?: unknown; readonly text?: unknown };
    return type === "text" && typeof text === "string" ? text : undefined;
  });
  return parts.includes(undefined) ? undefined : parts.join("");
}
