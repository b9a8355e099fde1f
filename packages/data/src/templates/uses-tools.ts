// Whether a conversation has what only some templates write.

import type { ChatExample } from "../example.ts";

/** Whether functions are offered, called or answer in it. */
export function usesTools({ messages, tools }: Pick<ChatExample, "messages" | "tools">): boolean {
  return tools !== undefined || messages.some(({ role, more }) => role === "tool" || more?.tool_calls !== undefined);
}
