// Tokens that a run adds: read, checked and numbered before the engine starts.

import { basename } from "node:path";
import { addedTokensError } from "@lowrank/data/internal";
import type { PretrainedModel } from "@lowrank/models";
import { named } from "../../errors/named-option.ts";
import { PathNotFoundError } from "../../errors/usage-errors.ts";
import { filesNextTo } from "../../node/files-next-to.ts";
import { nodePlatform } from "../../node/node-platform.ts";
import type { SourceContext } from "../../platform.ts";
import { addTokens, type TokenPlan } from "../../rows/added-tokens.ts";
import type { CompleteRecipe, WithModel } from "../recipe.ts";

/** More than 10 000 tokens, the maximum that can be added, need in any language. */
const maxBytes = 10_000_000;

/** The tokenizer with the added tokens; undefined if the options add none. Throws TOKENS_NOT_ADDABLE, TOKENIZER_INVALID. */
export async function planTokens(
  options: WithModel<CompleteRecipe>,
  context: SourceContext,
): Promise<TokenPlan | undefined> {
  const { model, addTokens: added, addTokensFile, addAsSpecial = false } = options;
  if (added === undefined && addTokensFile === undefined) return undefined;
  const tokens = [...(added ?? []), ...(addTokensFile === undefined ? [] : await readTokens(addTokensFile))];
  return addTokens(await nodePlatform.findModel(model, context), tokens, addAsSpecial);
}

/** Describes the added tokens in a model that has at least that many rows. */
export function describeTokens({ ids, newIds }: TokenPlan, { config, resizedFrom }: PretrainedModel): string {
  const knownCount = ids.length - newIds.length;
  const count = config.vocabularySize;
  const rows = resizedFrom === undefined ? `the model's ${count} rows are enough` : `the model gets ${count} rows`;
  const before = resizedFrom === undefined ? "" : `, had ${resizedFrom}`;
  return `Tokens: ${newIds.length} new${knownCount === 0 ? "" : `, ${knownCount} that the tokenizer knew`}; ${rows}${before}.`;
}

/** Each line is one token, spaces included; the file may end with a line break. */
async function readTokens(path: string): Promise<readonly string[]> {
  const files = filesNextTo(path);
  if (!(await files.has(basename(path)))) {
    throw new PathNotFoundError(named("addTokensFile"), path, "a text file with one token per line");
  }
  const lines = (await files.readText(basename(path), { maxBytes })).replace(/\r?\n$/, "").split(/\r?\n/);
  const empty = lines.flatMap((line, index) => (line === "" ? [index + 1] : []));
  if (empty.length > 0) {
    const reason = (line: number) => `line ${line} of "${path}" is empty, expected a token`;
    throw addedTokensError(empty.map((line) => ({ token: "", reason: reason(line) })));
  }
  return lines;
}
