// The tokenizer of a model folder.

import { TextTokenizer } from "@lowrank/data";
import type { ModelFolder } from "@lowrank/models";
import { TokenizerMissingError } from "../errors.ts";

const maxBytes = 64_000_000; // Gemma's has 33 MB

/** Reads tokenizer.json and tokenizer_config.json. Throws TokenizerMissingError; `model` is its name for the user. */
export async function openTokenizer(folder: ModelFolder | undefined, model: string): Promise<TextTokenizer> {
  if (folder === undefined || !(await folder.has("tokenizer.json"))) throw new TokenizerMissingError(model);
  const json: unknown = JSON.parse(await folder.readText("tokenizer.json", { maxBytes }));
  const hasConfig = await folder.has("tokenizer_config.json");
  const config: unknown = hasConfig ? JSON.parse(await folder.readText("tokenizer_config.json", { maxBytes })) : {};
  return TextTokenizer.fromJson(json, config);
}
