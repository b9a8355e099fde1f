// {"prompt": …, "completion": …}, as texts or as turns.

import type { ChatExample, ChatMessage, CompletionExample } from "../example.ts";
import { isMessages, readConversation, readMessages, readTools } from "./read-messages.ts";
import { type Fields, isTexts, type Refusal, type RowForm, readTexts } from "./row-form.ts";

/** A prompt and its completion. */
export const completionForm: RowForm = {
  name: "prompt/completion",
  source: "TRL's prompt-completion format, OpenAI's first fine-tuning format",
  keys: ["prompt", "completion"],
  read: (fields) => readAnswered(fields, "completion"),
};

/** A prompt with an answer by the name of `answerKey`. */
export function readAnswered(fields: Fields, answerKey: string): CompletionExample | ChatExample | Refusal {
  if (Array.isArray(fields.get("prompt"))) return readTurns(fields, answerKey);
  const texts = readTexts(fields, ["prompt", answerKey]);
  if (!isTexts(texts)) return texts;
  const [prompt = "", completion = ""] = texts;
  return { kind: "completion", prompt, completion };
}

/** The assistant's earlier turns are part of what is asked. */
export function shown(messages: readonly ChatMessage[]): readonly ChatMessage[] {
  return messages.map((message) => (message.role === "assistant" ? { ...message, isTrained: false } : message));
}

function readTurns(fields: Fields, answerKey: string): ChatExample | Refusal {
  const prompt = readMessages(fields.get("prompt"), "prompt");
  if (!isMessages(prompt)) return prompt;
  const answer = readConversation(fields.get(answerKey), answerKey);
  if (!isMessages(answer)) return answer;
  const tools = readTools(fields);
  return "expected" in tools ? tools : { kind: "chat", messages: [...shown(prompt), ...answer], ...tools };
}
