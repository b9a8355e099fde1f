// Whether a conversation has what only some templates write.

import { isObject } from "@lowrank/contracts";
import type { ChatExample, ChatMessage } from "../example.ts";

/** Whether functions are offered, called or answer in it. */
export function usesTools({ messages, tools }: Pick<ChatExample, "messages" | "tools">): boolean {
  return tools !== undefined || messages.some(({ role, more }) => role === "tool" || more?.tool_calls !== undefined);
}

/** Names of the functions that a message calls. */
export function calledFunctions({ more }: ChatMessage): readonly string[] {
  if (!Array.isArray(more?.tool_calls)) return [];
  return more.tool_calls.flatMap((call: unknown) => {
    const called = isObject(call) && isObject(call.function) ? call.function : call;
    return isObject(called) && typeof called.name === "string" ? [called.name] : [];
  });
}
