// The tokens that end a text: what transformers would stop at, and the tokenizer's own mark, which training wrote.

import type { TextTokenizer } from "@lowrank/data";
import { ModelFileError, type ModelFolder, readJsonObject } from "@lowrank/models";
import type { OpenedModel } from "./open-model.ts";

const file = "generation_config.json";

/**
 * The ids without repetition: those of generation_config.json, which transformers takes before config.json's, else
 * config.json's; and the tokenizer's. Throws ModelFileError.
 */
export async function endTokens(
  { model, folder }: Pick<OpenedModel, "folder"> & { readonly model: Pick<OpenedModel["model"], "config"> },
  tokenizer: Partial<Pick<TextTokenizer, "eosId">>,
): Promise<readonly number[]> {
  const generation = folder === undefined ? undefined : await generationEnds(folder);
  const own = tokenizer.eosId === undefined ? [] : [tokenizer.eosId];
  return [...new Set([...(generation ?? model.config.eosTokenIds), ...own])];
}

/** `eos_token_id`, an id or several; undefined where the file or the entry is not there. */
async function generationEnds(folder: ModelFolder): Promise<readonly number[] | undefined> {
  if (!(await folder.has(file))) return undefined;
  const value = (await readJsonObject(folder, file)).eos_token_id ?? undefined;
  if (value === undefined) return undefined;
  const ids: readonly unknown[] = Array.isArray(value) ? value : [value];
  if (ids.every((id): id is number => Number.isSafeInteger(id) && Number(id) >= 0)) return ids;
  const got = JSON.stringify(value).slice(0, 60);
  throw new ModelFileError(folder.name, file, `eos_token_id is ${got}; expected a token id from 0, or a list of them`);
}
