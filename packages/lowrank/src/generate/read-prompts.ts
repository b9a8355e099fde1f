// Reads a prompts file: one JSON value per line – a text, { prompt } or { messages } –, or one text per line.

import { parseJson } from "@lowrank/contracts/internal";
import type { ChatMessage } from "@lowrank/data";
import { unreadablePrompt } from "../errors/data-errors.ts";
import type { TextPrompt } from "./prompt-ids.ts";

/** Skips empty lines. Throws UNREADABLE_PROMPT. */
export function parsePrompts(text: string, file: string): readonly TextPrompt[] {
  const isJson = /^\s*[{"]/.test(text);
  return text.split(/\r?\n/).flatMap((line, index) => {
    if (line.trim() === "") return [];
    const location = { file, line: index + 1 };
    const refuse = (reason: string, cause?: unknown) =>
      unreadablePrompt(location, `it ${reason}; the first line is JSON`, cause);
    return [isJson ? promptOf(parseJson(line, { refuse }), location) : line];
  });
}

interface Location {
  readonly file: string;
  readonly line: number;
}

function promptOf(value: unknown, location: Location): TextPrompt {
  if (typeof value === "string") return value;
  const { prompt, messages } = (value ?? {}) as { readonly prompt?: unknown; readonly messages?: unknown };
  if (typeof prompt === "string") return prompt;
  if (Array.isArray(messages) && messages.length > 0 && messages.every(isMessage))
    return { messages: withoutAnswer(messages) };
  throw unreadablePrompt(location, 'expected a text, {"prompt": …} or {"messages": [{"role": …, "content": …}]}');
}

/** Training rows end with the answer, which is to be generated here. */
function withoutAnswer(messages: readonly ChatMessage[]): readonly ChatMessage[] {
  return messages.length > 1 && messages.at(-1)?.role === "assistant" ? messages.slice(0, -1) : messages;
}

function isMessage(message: unknown): message is ChatMessage {
  const { role, content } = (message ?? {}) as { readonly role?: unknown; readonly content?: unknown };
  return typeof role === "string" && (typeof content === "string" || Array.isArray(content));
}
