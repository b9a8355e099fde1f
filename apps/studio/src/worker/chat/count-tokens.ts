// How much of the model's positions a conversation takes, while it is typed.

import type { Answerer } from "../answerer.ts";
import { promptFor } from "./prompt-for.ts";

export const countTokens: Answerer<"countTokens"> = async ({ opened: model }, turns) => {
  const ids = await model.opened.promptIds(promptFor(model, turns), { adapter: null });
  return { tokens: ids.length, most: model.facts.positions - 1 };
};
