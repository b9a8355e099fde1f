// Rows as prompts. Answers in them are left out, because the model writes its own.

import type { ChatMessage, PromptExample } from "../example.ts";
import { asContext } from "./completion-form.ts";
import { readMessages, readTools, shareGptKeys, type TurnKeys } from "./read-messages.ts";
import { type Fields, type RowForm, readTexts, refuse, rowForm } from "./row-form.ts";

function form(name: string, source: string, read: (fields: Fields, key: string) => PromptExample["asked"]): RowForm {
  return rowForm({
    name,
    source,
    keys: [name, "input?", "tools?"],
    read: (fields) => ({ kind: "prompt", asked: read(fields, name), row: {} }),
  });
}

function conversationForm(name: string, source: string, keys?: TurnKeys): RowForm {
  return form(name, source, (fields, key) => conversation(readMessages(fields.get(key), key, keys), fields, key));
}

function conversation(messages: readonly ChatMessage[], fields: Fields, key: string): PromptExample["asked"] {
  const end = messages.map(({ role }) => role !== "assistant").lastIndexOf(true) + 1;
  if (end === 0) return refuse(`a turn before the assistant's in "${key}"`, fields.get(key));
  return { kind: "chat", messages: asContext(messages.slice(0, end)), ...readTools(fields) };
}

/** The forms of prompts, in the order in which they are tried. */
export const promptForms: readonly RowForm[] = [
  conversationForm("messages", "OpenAI's chat format, TRL's conversational format"),
  conversationForm("conversations", "ShareGPT, as FastChat reads it", shareGptKeys),
  form("prompt", "TRL's prompt-only format", (fields, key) => {
    const prompt = fields.get(key);
    if (Array.isArray(prompt)) return conversation(readMessages(prompt, key), fields, key);
    return { kind: "completion", prompt: readTexts(fields, ["prompt"])[0], completion: "" };
  }),
  form("instruction", "Stanford Alpaca (Taori et al. 2023), data format", (fields) => {
    const input = fields.get("input") ?? "";
    const instruction = readTexts(fields, ["instruction"])[0];
    return {
      kind: "instruction",
      instruction,
      input: readTexts(new Map([["input", input]]), ["input"])[0],
      output: "",
    };
  }),
];
