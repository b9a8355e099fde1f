// Conversations, in the two forms that exist: OpenAI's messages and ShareGPT's conversations.

import { isMessages, openAiKeys, readConversation, readTools, type TurnKeys } from "./read-messages.ts";
import type { RowForm } from "./row-form.ts";

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

function form(name: string, source: string, listKey: string, keys: TurnKeys): RowForm {
  return {
    name,
    source,
    keys: [listKey],
    read(fields) {
      const messages = readConversation(fields.get(listKey), listKey, keys);
      if (!isMessages(messages)) return messages;
      const tools = readTools(fields);
      return "expected" in tools ? tools : { kind: "chat", messages, ...tools };
    },
  };
}

/** {"messages": [{"role": "user", "content": …}, …], "tools": […]} */
export const messagesForm = form(
  "messages",
  "OpenAI's chat format, TRL's conversational format",
  "messages",
  openAiKeys,
);

/** {"conversations": [{"from": "human", "value": …}, …]} */
export const conversationsForm = form("conversations", "ShareGPT, as FastChat reads it", "conversations", {
  role: "from",
  content: "value",
  roles: shareGptRoles,
});
