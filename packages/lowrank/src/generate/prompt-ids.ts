// What a person asks, as the tokens that the model continues.

import { type ChatMessage, promptTemplate } from "@lowrank/data";
import { given } from "../given.ts";
import { encodePrompt, type PromptReader, renderPrompt } from "../rows/encode-prompt.ts";
import { chooseTemplate } from "../rows/tokenize-rows.ts";

/** A conversation so far, the person's turn last; the model's own chat template writes it unless another is named. */
export interface Conversation {
  readonly messages: readonly ChatMessage[];
}

/** A text to go on with, or a conversation to be answered. */
export type TextPrompt = string | Conversation;

/** Throws TemplateError for a name that there is not, ChatTemplateMissingError. */
export function promptIds(prompt: TextPrompt, template: string | undefined, reader: PromptReader): readonly number[] {
  if (typeof prompt === "string") {
    const chosen = template === undefined ? promptTemplate("plain") : chooseTemplate(template, [], reader);
    return encodePrompt(renderPrompt(prompt, chosen), reader);
  }
  const { segments, hasSpecialTokens } = chooseTemplate(template ?? "chat", [], reader).render({
    kind: "chat",
    ...prompt,
  });
  // Earlier answers are marked as trained, but here they are said already.
  const text = segments.map((segment) => segment.text).join("");
  return encodePrompt({ segments: [{ text, isTrained: false }], ...given({ hasSpecialTokens }) }, reader);
}

/** Whether there are several prompts, and not one, which may itself be a conversation. */
export function isSeveral(prompts: TextPrompt | readonly TextPrompt[]): prompts is readonly TextPrompt[] {
  return Array.isArray(prompts);
}
