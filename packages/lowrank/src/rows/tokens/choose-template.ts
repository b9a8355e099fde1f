// Chooses the prompt template of a run's rows.

import type { Task } from "@lowrank/contracts/families";
import { chatTemplate, type Example, type PromptTemplate, promptTemplate, type TextTokenizer } from "@lowrank/data";
import { promptTemplates, type RowList } from "@lowrank/data/internal";
import { ChatTemplateMissingError } from "../../errors/model-errors.ts";
import { omitUndefined } from "../../omit-undefined.ts";
import { textsOf } from "../row-kinds.ts";

interface TemplateReader {
  readonly tokenizer: TextTokenizer | undefined;
  readonly task: Task;
}

/** The requested template, or the one that fits rows and model. Throws ChatTemplateMissingError, TemplateError. */
export function chooseTemplate(
  name: string | undefined,
  examples: RowList<Example>,
  reader: TemplateReader,
): PromptTemplate {
  const { tokenizer } = reader;
  const chosen = name ?? defaultTemplate(examples.at(0), reader);
  if (chosen !== "chat") return promptTemplate(chosen);
  if (tokenizer === undefined) return promptTemplate("plain"); // rows of tokens are not written at all
  if (tokenizer.chatTemplate === undefined) throw new ChatTemplateMissingError(promptTemplates.map(({ name }) => name));
  const { bosToken, eosToken } = tokenizer;
  return chatTemplate(tokenizer.chatTemplate, omitUndefined({ bosToken, eosToken }));
}

/** The template of the adapter's training. For conversations, only a template that marks speakers is used. */
export function rememberedTemplate(
  setup: { readonly template?: string | undefined } | undefined,
  rows: RowList<Example>,
): string | undefined {
  const first = rows.at(0);
  const isChat = first !== undefined && textsOf(first)[0]?.kind === "chat";
  return isConversing(setup?.template) || !isChat ? setup?.template : undefined;
}

export function isConversing(template: string | undefined): boolean {
  return template === "chat" || template === "vicuna";
}

/** A model with a chat template was trained to answer in it. */
function defaultTemplate(first: Example | undefined, { tokenizer, task }: TemplateReader): string {
  const kind = (first && textsOf(first)[0])?.kind;
  const hasOwn = tokenizer?.chatTemplate !== undefined;
  if (kind === "chat") return hasOwn ? "chat" : "vicuna";
  // Encoder–decoders were trained on tasks as plain text ("translate English to German: …"); the answer is separate anyway.
  if (task === "sequence-to-sequence" || (kind !== "instruction" && kind !== "completion")) return "plain";
  if (hasOwn) return "chat";
  return kind === "instruction" ? "alpaca" : "plain";
}
