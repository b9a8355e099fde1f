// {"prompt": …, "completion": …}, as texts or as turns.

import type { ChatExample, ChatMessage, CompletionExample } from "../example.ts";
import { readConversation, readMessages, readTools } from "./read-messages.ts";
import { type Fields, readTexts, rowForm } from "./row-form.ts";

export const completionForm = rowForm({
  name: "prompt/completion",
  source: "TRL's prompt-completion format, OpenAI's first fine-tuning format",
  keys: ["prompt", "completion", "tools?"],
  read: (fields) => readAnswered(fields, "completion"),
});

/** A prompt with the answer in the field `answerKey`. */
export function readAnswered(fields: Fields, answerKey: string): CompletionExample | ChatExample {
  if (Array.isArray(fields.get("prompt"))) return readTurns(fields, answerKey);
  const [prompt, completion] = readTexts(fields, ["prompt", answerKey]);
  return { kind: "completion", prompt, completion };
}

/** The messages as context only: the assistant's turns among them are not trained. */
export function asContext(messages: readonly ChatMessage[]): readonly ChatMessage[] {
  return messages.map((message) => (message.role === "assistant" ? { ...message, isTrained: false } : message));
}

function readTurns(fields: Fields, answerKey: string): ChatExample {
  const prompt = readMessages(fields.get("prompt"), "prompt");
  const answer = readConversation(fields.get(answerKey), answerKey);
  return { kind: "chat", messages: [...asContext(prompt), ...answer], ...readTools(fields) };
}
