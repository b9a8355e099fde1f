// A prompt as the ids that generation starts from: those that training would have seen.

import type { PromptTemplate, RenderedExample, TextTokenizer } from "@lowrank/data";
import { promptOf } from "@lowrank/data";

/** The ids of a rendered example's prompt, the tokenizer's own start marks included. */
export function encodePrompt(rendered: RenderedExample, tokenizer: TextTokenizer): readonly number[] {
  const ids = tokenizer.encode(promptOf(rendered), { addSpecialTokens: false });
  return rendered.hasSpecialTokens === true ? ids : [...tokenizer.prefixIds, ...ids];
}

/** A prompt typed by a person, in the words of a template. */
export function renderPrompt(prompt: string, template: PromptTemplate): RenderedExample {
  return template.render({ kind: "instruction", instruction: prompt, input: "", output: "" });
}
