// Conversations, in the two forms that exist: OpenAI's messages and ShareGPT's conversations.

import type { ChatMessage } from "../example.ts";
import { describe, type Refusal, type RowForm } from "./row-form.ts";

/** ShareGPT's names of the speakers (FastChat's `train.py`, axolotl's `sharegpt` loader). */
const shareGptRoles = new Map([
  ["human", "user"],
  ["user", "user"],
  ["gpt", "assistant"],
  ["chatgpt", "assistant"],
  ["bard", "assistant"],
  ["assistant", "assistant"],
  ["system", "system"],
  ["tool", "tool"],
]);

interface TurnKeys {
  readonly role: string;
  readonly content: string;
  readonly roles?: ReadonlyMap<string, string>;
}

function form(name: string, source: string, listKey: string, keys: TurnKeys): RowForm {
  return {
    name,
    source,
    keys: [listKey],
    read(fields) {
      const messages = readMessages(fields.get(listKey), listKey, keys);
      if (!Array.isArray(messages)) return messages as Refusal;
      return { kind: "chat", messages };
    },
  };
}

function readMessages(value: unknown, listKey: string, keys: TurnKeys): ChatMessage[] | Refusal {
  if (!Array.isArray(value) || value.length === 0) {
    return { expected: `a list of turns for "${listKey}"`, found: describe(value) };
  }
  const messages: ChatMessage[] = [];
  for (const [index, turn] of value.entries()) {
    const at = `"${listKey}"[${index}]`;
    if (typeof turn !== "object" || turn === null) return { expected: `a turn for ${at}`, found: describe(turn) };
    const fields = new Map<string, unknown>(Object.entries(turn));
    const given = fields.get(keys.role);
    const role = typeof given === "string" ? (keys.roles === undefined ? given : keys.roles.get(given)) : undefined;
    if (role === undefined || role === "") {
      const known = keys.roles === undefined ? "a role" : `one of ${[...keys.roles.keys()].join(", ")}`;
      return { expected: `${known} for ${at}."${keys.role}"`, found: describe(given) };
    }
    const content = fields.get(keys.content);
    if (typeof content !== "string")
      return { expected: `a text for ${at}."${keys.content}"`, found: describe(content) };
    messages.push({ role, content });
  }
  if (!messages.some((message) => message.role === "assistant")) {
    return { expected: `a turn of the assistant in "${listKey}"`, found: `${messages.length} turns of others` };
  }
  return messages;
}

/** {"messages": [{"role": "user", "content": …}, …]} */
export const messagesForm = form("messages", "OpenAI's chat format, TRL's conversational format", "messages", {
  role: "role",
  content: "content",
});

/** {"conversations": [{"from": "human", "value": …}, …]} */
export const conversationsForm = form("conversations", "ShareGPT, as FastChat reads it", "conversations", {
  role: "from",
  content: "value",
  roles: shareGptRoles,
});
