// The model's tokenizer with tokens that a run adds.

import { type ExtendedTokenizer, extendTokenizer, type TextFiles } from "@lowrank/data";
import { tokenizerMissing } from "../errors/model-errors.ts";

/** The tokenizer, what was added, and what the model's tables need for it. */
export interface TokenPlan extends ExtendedTokenizer {
  readonly tokens: readonly string[];
  /** How many rows a table has that knows all of them. */
  readonly rows: number;
}

/** Adds tokens to a model's tokenizer, of which nothing is written yet. Throws AddedTokensError, TokenizerError, TOKENIZER_MISSING. */
export async function addTokens(
  { files, path }: { readonly files: TextFiles; readonly path: string },
  tokens: readonly string[],
  special: boolean,
): Promise<TokenPlan> {
  if (!(await files.has("tokenizer.json"))) throw tokenizerMissing(path);
  const extended = await extendTokenizer(files, tokens, { special });
  return { ...extended, tokens, rows: extended.ids.reduce((max, id) => Math.max(max, id + 1), 0) };
}
