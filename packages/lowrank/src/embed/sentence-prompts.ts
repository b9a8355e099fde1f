// What a model's folder wants written before texts: config_sentence_transformers.json of sentence-transformers, where E5's models
// say "query: " and "passage: ".

import { parseJson } from "@lowrank/contracts";
import { ModelFileError } from "@lowrank/models";
import type { RecipeFacts } from "./embedding-recipe.ts";

/** The folder's prompts. */
export interface SentencePrompts {
  readonly byName: ReadonlyMap<string, string>;
  /** The one that every text gets where nobody names another. */
  readonly byDefault: string | undefined;
}

const file = "config_sentence_transformers.json";

/** Reads them; none where the folder says nothing. Throws ModelFileError for a file that is not JSON. */
export async function sentencePrompts({ folder, path }: RecipeFacts): Promise<SentencePrompts> {
  if (folder === undefined || !(await folder.has(file))) return { byName: new Map(), byDefault: undefined };
  const text = await folder.readText(file, { maxBytes: 1_000_000 });
  const config = fieldsOf(
    parseJson(text, { refuse: (reason, cause) => new ModelFileError(path, file, `it ${reason}`, { cause }) }),
  );
  const prompts = Object.entries(fieldsOf(config.prompts));
  const byName = new Map(prompts.flatMap(([name, prompt]) => (typeof prompt === "string" ? [[name, prompt]] : [])));
  const { default_prompt_name: name } = config;
  return { byName, byDefault: typeof name === "string" ? byName.get(name) : undefined };
}

function fieldsOf(value: unknown): Readonly<Record<string, unknown>> {
  // Whatever is no object has no fields; values stay unknown.
  return typeof value === "object" && value !== null ? (value as Record<string, unknown>) : {};
}
