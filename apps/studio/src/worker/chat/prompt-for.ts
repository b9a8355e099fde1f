// Renders a conversation for the open model: with its own chat template, or as `says ->` if it has no turns.

import type { TextPrompt } from "lowrank/browser";
import type { Turn } from "../../protocol/rows.ts";
import type { CallHandler } from "../call-handler.ts";
import { plainPrompt } from "../rows/row-form.ts";
import type { LoadedModel } from "../worker-state.ts";

/** Input of the library's `generate`, `stream` and `promptIds`, in the form of the adapter's training rows. */
export function promptFor({ facts }: Pick<LoadedModel, "facts">, turns: readonly Turn[]): TextPrompt {
  if (facts.chats) return { messages: turns.map(({ role, content }) => ({ role, content: content.trim() })) };
  // Rows are mostly a line and its answer: such a model has never seen an earlier turn.
  const last = turns.filter(({ role }) => role === "user").at(-1);
  return plainPrompt(last?.content ?? "");
}

export const countTokens: CallHandler<"countTokens"> = async ({ loaded: model }, turns) => {
  const ids = await model.opened.promptIds(promptFor(model, turns), { adapter: null });
  return { tokens: ids.length, max: model.facts.positions - 1 };
};
