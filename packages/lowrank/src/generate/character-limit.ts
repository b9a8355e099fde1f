// Maximum length of a text in characters before it is tokenized: tokenizing megabytes of text, only to find that it does not fit,
// takes minutes.

import type { PretrainedModel } from "@lowrank/models";
import { positionLimitError } from "@lowrank/models/internal";
import { positionLimit } from "../open/position-limit.ts";
import { plainPrompt, type TextPrompt } from "./prompt-ids.ts";

/** Vocabularies have tokens of 80 spaces, but no text is made of them. In many languages, a token has about 4 characters. */
const charactersOfToken = 16;
/** For models that have no limit of their own. */
const maxTokens = 2 ** 15;

/** Number of characters that fill this many tokens of a vocabulary whose longest token has `longestToken` characters. */
export function maxCharacters(tokens: number, { longestToken }: { readonly longestToken: number }): number {
  return Math.min(tokens, maxTokens) * Math.min(Math.max(longestToken, 1), charactersOfToken);
}

/** Throws POSITION_LIMIT for a prompt that cannot fit into the model, by its length in characters alone. */
export function checkCharacters(
  prompt: TextPrompt,
  tokenizer: { readonly longestToken: number },
  { config }: Pick<PretrainedModel, "config">,
): void {
  const plain = plainPrompt(prompt);
  const texts =
    typeof plain === "string"
      ? [plain]
      : [...plain.messages.map(({ content }) => content), ...(plain.tools ?? []).map((tool) => JSON.stringify(tool))];
  const characters = texts.reduce((sum, { length }) => sum + length, 0);
  const limit = positionLimit(config);
  const max = maxCharacters(limit, tokenizer);
  if (characters > max)
    throw positionLimitError(Math.ceil((characters / max) * Math.min(limit, maxTokens)), limit, { characters });
}
