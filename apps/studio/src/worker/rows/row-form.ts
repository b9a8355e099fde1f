// How a row, and a prompt, is written for the open model: by its own chat template, or as `says ->` and the answer. The
// arrow tells a model that knows no turns where the one ends and the other begins.

import { type ChatMessage, chatTemplate, type Example, type PromptTemplate, promptTemplate } from "@lowrank/data";
import type { Row } from "../../protocol/rows.ts";
import type { ModelInHand } from "../workshop.ts";

/** The name of the template, as the library's `train` and `generate` take it. */
export function templateName({ facts }: Pick<ModelInHand, "facts">): "chat" | "plain" {
  return facts.chats ? "chat" : "plain";
}

/** The template itself. Throws TemplateError where the model's own is no Jinja. */
export async function templateOf(model: ModelInHand): Promise<PromptTemplate> {
  const { chatTemplate: source, bosToken, eosToken } = await model.opened.tokenizer();
  if (!model.facts.chats || source === undefined) return promptTemplate("plain");
  return chatTemplate(source, {
    ...(bosToken === undefined ? {} : { bosToken }),
    ...(eosToken === undefined ? {} : { eosToken }),
  });
}

/** A row as a data file would have it. */
export function exampleOf({ before = [], says, answers }: Row, { chats }: { readonly chats: boolean }): Example {
  if (chats) {
    const messages: ChatMessage[] = [
      ...before,
      { role: "user", content: says.trim() },
      { role: "assistant", content: answers.trim() },
    ];
    return { kind: "chat", messages };
  }
  const said = [...before.map(({ content }) => content), says].map((text) => text.trim()).join("\n");
  return { kind: "completion", prompt: plainPrompt(said), completion: ` ${answers.trim()}` };
}

/** What a model without a chat template is given to go on with. */
export function plainPrompt(says: string): string {
  return `${says.trim().replace(/\s*->$/, "")} ->`;
}
