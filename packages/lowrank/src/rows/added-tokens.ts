// The model's tokenizer with the tokens that a run adds.

import { extendTokenizer } from "@lowrank/data";
import type { ExtendedTokenizer, TextFiles } from "@lowrank/data/internal";
import { tokenizerMissing } from "../errors/model-errors.ts";

/** The tokenizer, the added tokens, and the table size that they need. */
export interface TokenPlan extends ExtendedTokenizer {
  readonly tokens: readonly string[];
  /** Number of table rows for all tokens. */
  readonly rows: number;
}

/** Adds tokens to a model's tokenizer without writing files. Throws TOKENS_NOT_ADDABLE, TOKENIZER_INVALID, TOKENIZER_MISSING. */
export async function addTokens(
  { files, path }: { readonly files: TextFiles; readonly path: string },
  tokens: readonly string[],
  special: boolean,
): Promise<TokenPlan> {
  if (!(await files.has("tokenizer.json"))) throw tokenizerMissing(path);
  const extended = await extendTokenizer(files, tokens, { special });
  return { ...extended, tokens, rows: extended.ids.reduce((max, id) => Math.max(max, id + 1), 0) };
}
