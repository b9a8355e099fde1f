// What a person asks, as the tokens that the model continues.

import { type ChatMessage, promptTemplate } from "@lowrank/data";
import { given } from "../given.ts";
import { encodePrompt, type PromptReader, renderPrompt } from "../rows/encode-prompt.ts";
import { chooseTemplate } from "../rows/tokens/choose-template.ts";

/** A conversation so far, the person's turn last; the model's own chat template writes it unless another is named. */
export interface Conversation {
  readonly messages: readonly ChatMessage[];
  /** Functions that the model may call, as JSON Schema describes them, where its template writes them. */
  readonly tools?: readonly unknown[];
}

/** A text to go on with, or a conversation to be answered. */
export type TextPrompt = string | Conversation;

/** How a prompt is written. */
export interface Writing {
  readonly template?: string | undefined;
  /** What stands before a conversation that does not say so itself. */
  readonly system?: string | undefined;
}

/** Who reads the prompt, and how the rows were written that it learned from. */
interface TaughtReader extends PromptReader {
  readonly setup?: Writing | undefined;
}

/** Whether a template of this name writes conversations. */
export function isConversing(template: string | undefined): boolean {
  return template === "chat" || template === "vicuna";
}

/** Throws TemplateError for a name that there is not, ChatTemplateMissingError. */
export function promptIds(prompt: TextPrompt, asked: Writing, reader: TaughtReader): readonly number[] {
  const template = asked.template ?? reader.setup?.template;
  const system = asked.system ?? reader.setup?.system ?? "";
  if (typeof prompt === "string" && (system === "" || !isConversing(template))) {
    const chosen = template === undefined ? promptTemplate("plain") : chooseTemplate(template, [], reader);
    return encodePrompt(renderPrompt(prompt, chosen), reader);
  }
  const conversation = typeof prompt === "string" ? { messages: [{ role: "user", content: prompt }] } : prompt;
  const isOpened = system === "" || conversation.messages[0]?.role === "system";
  const messages = isOpened ? conversation.messages : [{ role: "system", content: system }, ...conversation.messages];
  const chosen = chooseTemplate(asked.template ?? (isConversing(template) ? template : "chat"), [], reader);
  const { segments, hasSpecialTokens } = chosen.render({ kind: "chat", ...conversation, messages });
  // Earlier answers are marked as trained, but here they are said already.
  const text = segments.map((segment) => segment.text).join("");
  return encodePrompt({ segments: [{ text, isTrained: false }], ...given({ hasSpecialTokens }) }, reader);
}

/** Whether there are several prompts, and not one, which may itself be a conversation. */
export function isSeveral(prompts: TextPrompt | readonly TextPrompt[]): prompts is readonly TextPrompt[] {
  return Array.isArray(prompts);
}
