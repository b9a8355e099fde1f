// Tokens that a run adds: read, checked and numbered before the engine starts.

import { basename } from "node:path";
import { AddedTokensError, type ExtendedTokenizer, extendTokenizer, type TextFiles } from "@lowrank/data";
import type { PretrainedModel } from "@lowrank/models";
import { openFolder } from "@lowrank/models/node";
import { TokenizerMissingError } from "../../errors/model-errors.ts";
import { PathNotFoundError } from "../../errors/usage-errors.ts";
import { filesBeside } from "../../node/files-beside.ts";
import { ggufFiles } from "../../node/gguf-files.ts";
import { locate } from "../../node/locate.ts";
import type { Report } from "../terminal/report.ts";
import type { TrainOptions } from "./train-options.ts";

/** The model's tokenizer with more tokens. */
export interface TokenPlan extends ExtendedTokenizer {
  readonly tokens: readonly string[];
  /** How many rows a table has that knows all of them. */
  readonly rows: number;
}

/** More than 10 000 tokens, which is the most that can be added, have in any language. */
const maxBytes = 10_000_000;

/** The tokenizer that the options ask for; undefined if they add nothing. Throws AddedTokensError, TokenizerError. */
export async function planTokens(options: TrainOptions, report: Report): Promise<TokenPlan | undefined> {
  const { model, addTokens, addTokensFile, addAsSpecial = false } = options;
  if (addTokens === undefined && addTokensFile === undefined) return undefined;
  const tokens = [...(addTokens ?? []), ...(addTokensFile === undefined ? [] : await readTokens(addTokensFile))];
  const path = await locate(model, "model", report);
  const files: TextFiles = path.endsWith(".gguf") ? ggufFiles(path) : openFolder(path);
  if (!(await files.has("tokenizer.json"))) throw new TokenizerMissingError(path);
  const extended = await extendTokenizer(files, tokens, { special: addAsSpecial });
  return { ...extended, tokens, rows: extended.ids.reduce((most, id) => Math.max(most, id + 1), 0) };
}

/** What becomes of the tokens in a model that was opened with so many rows at least. */
export function describeTokens({ ids, newIds }: TokenPlan, { config, resizedFrom }: PretrainedModel): string {
  const known = ids.length - newIds.length;
  const count = config.vocabularySize;
  const rows = resizedFrom === undefined ? `the model's ${count} rows are enough` : `the model gets ${count} rows`;
  const before = resizedFrom === undefined ? "" : `, had ${resizedFrom}`;
  return `Tokens: ${newIds.length} new${known === 0 ? "" : `, ${known} that the tokenizer knew`}; ${rows}${before}.`;
}

/** A line is a token as it stands, spaces included; the last may end in a line break. */
async function readTokens(path: string): Promise<readonly string[]> {
  const files = filesBeside(path);
  if (!(await files.has(basename(path)))) {
    throw new PathNotFoundError("--add-tokens-file", path, "a text file with a token a line");
  }
  const lines = (await files.readText(basename(path), { maxBytes })).replace(/\r?\n$/, "").split(/\r?\n/);
  const empty = lines.flatMap((line, index) => (line === "" ? [index + 1] : []));
  if (empty.length > 0) {
    const reason = (line: number) => `line ${line} of "${path}" is empty, expected a token`;
    throw new AddedTokensError(empty.map((line) => ({ token: "", reason: reason(line) })));
  }
  return lines;
}
