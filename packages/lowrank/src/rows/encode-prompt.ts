// A prompt as the ids that generation starts from: those that training would have seen.

import type { Task } from "@lowrank/contracts/families";
import { encodeSource, type PromptTemplate, promptOf, type RenderedExample, type TextTokenizer } from "@lowrank/data";

/** Who reads the prompt. */
export interface PromptReader {
  readonly tokenizer: TextTokenizer;
  readonly task: Task;
}

/** The ids of a rendered example's prompt, with the tokenizer's own marks: those that start a text, or a source's all. */
export function encodePrompt(rendered: RenderedExample, { tokenizer, task }: PromptReader): readonly number[] {
  if (task === "sequence-to-sequence") return encodeSource(rendered, tokenizer);
  const ids = tokenizer.encode(promptOf(rendered), { addSpecialTokens: false });
  return rendered.hasSpecialTokens === true ? ids : [...tokenizer.prefixIds, ...ids];
}

/** A prompt typed by a person, in the words of a template. */
export function renderPrompt(prompt: string, template: PromptTemplate): RenderedExample {
  return template.render({ kind: "instruction", instruction: prompt, input: "", output: "" });
}
