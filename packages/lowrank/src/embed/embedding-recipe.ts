// What the model's folder says of its embeddings, in the files of sentence-transformers, or its .gguf file.

import { isObject, LowrankError, parseJson } from "@lowrank/contracts";
import type { TextFiles } from "@lowrank/data";
import {
  type EmbeddingRecipe,
  EmbeddingRecipeError,
  ModelFileError,
  type Pooling,
  readEmbeddingRecipe,
} from "@lowrank/models";
import { PoolingUnknownError } from "../errors/model-errors.ts";
import type { ModelSource } from "../open/model-source.ts";

/** What a caller says of it. */
export interface RecipeOptions {
  /** Which states stand for a text: the mean, the first token's or the last one's. */
  readonly pooling?: Pooling | undefined;
  /** Whether embeddings have length 1; false where neither this nor the folder says so. */
  readonly normalize?: boolean | undefined;
}

export type RecipeFacts = Pick<ModelSource, "path" | "folder" | "inside" | "openGguf">;

/** Under which name an adapter's file says how it was trained to be pooled. */
export const recipeKey = "lowrank.embedding";

/** What was asked for, else what the adapter, the .gguf file or the folder says. Throws PoolingUnknownError, EmbeddingRecipeError. */
export async function embeddingRecipe(
  source: RecipeFacts,
  { pooling, normalize }: RecipeOptions,
  trained?: EmbeddingRecipe,
): Promise<EmbeddingRecipe> {
  if (pooling !== undefined) return { pooling, isNormalised: normalize ?? false };
  const told = trained ?? (await ggufRecipe(source)) ?? (await folderRecipe(source));
  return normalize === undefined ? told : { ...told, isNormalised: normalize };
}

async function folderRecipe({ folder, inside, path }: RecipeFacts): Promise<EmbeddingRecipe> {
  if (folder === undefined || !(await folder.has("modules.json"))) throw new PoolingUnknownError(path);
  return readEmbeddingRecipe(await readJson(folder, "modules.json", path), async (name) => {
    const files = inside?.(name);
    const isThere = await files?.has("config.json").catch((error: unknown) => {
      if (LowrankError.isInstance(error)) return false; // the folder itself is missing
      throw error;
    });
    if (files === undefined || isThere !== true) throw new PoolingUnknownError(path, name);
    return readJson(files, "config.json", `${path}/${name}`);
  });
}

/** What an adapter's file says of its embeddings. */
export function recipeMetadata(recipe: EmbeddingRecipe | undefined): ReadonlyMap<string, string> {
  if (recipe === undefined) return new Map();
  return new Map([[recipeKey, `${recipe.pooling}${recipe.isNormalised ? ", normalised" : ""}`]]);
}

/** The recipe that it says; undefined where it says none that is known. */
export function recipeIn(metadata: ReadonlyMap<string, string>): EmbeddingRecipe | undefined {
  const [name, more] = metadata.get(recipeKey)?.split(", ") ?? [];
  const pooling = (["mean", "first", "last"] as const).find((known) => known === name);
  return pooling === undefined ? undefined : { pooling, isNormalised: more === "normalised" };
}

/** After how many tokens the folder cuts texts: sentence-transformers' number, since version 6 the tokenizer's. */
export async function sentenceLength({ folder, path }: RecipeFacts): Promise<number | undefined> {
  for (const [file, key] of lengthKeys) {
    if (folder === undefined || !(await folder.has(file))) continue;
    const { [key]: length } = fieldsOf(await readJson(folder, file, path));
    // Tokenizers without a limit say a number beyond all integers.
    if (typeof length === "number" && Number.isSafeInteger(length) && length > 0) return length;
  }
  return undefined;
}

const lengthKeys = [
  ["sentence_bert_config.json", "max_seq_length"],
  ["tokenizer_config.json", "model_max_length"],
] as const;

async function readJson(files: TextFiles, file: string, folder: string): Promise<unknown> {
  const text = await files.readText(file, { maxBytes: 1_000_000 });
  return parseJson(text, { refuse: (reason, cause) => new ModelFileError(folder, file, `it ${reason}`, { cause }) });
}

// What a .gguf file says of its embeddings: llama.cpp's number of the states that it pools, and not whether embeddings have length 1.

/** The recipe; undefined for what is no .gguf file, or one that does not say it. Throws EmbeddingRecipeError, GgufError. */
export async function ggufRecipe({
  openGguf: open,
  path,
}: Pick<ModelSource, "openGguf" | "path">): Promise<EmbeddingRecipe | undefined> {
  if (open === undefined) return undefined;
  const { ggufPoolingTypes, openGguf } = await import("../open/gguf-reading.ts");
  const source = await open();
  try {
    const { metadata } = await openGguf(source);
    const key = `${metadata.get("general.architecture")}.pooling_type`;
    const type = metadata.get(key) ?? 0;
    if (type === 0) return undefined; // the states of every token are no embedding of a text
    const poolings = Object.keys(ggufPoolingTypes) as (keyof typeof ggufPoolingTypes)[];
    const pooling = poolings.find((each) => ggufPoolingTypes[each] === type);
    if (pooling !== undefined) return { pooling, isNormalised: false };
    const got = type === 4 ? "4 (rank: a reranker's scores)" : String(type);
    throw new EmbeddingRecipeError(path, `${key} ${got}`, "1 (mean), 2 (CLS) or 3 (last)");
  } finally {
    await source.close?.();
  }
}

const file = "config_sentence_transformers.json";

/** Reads them; none where the folder says nothing. Throws ModelFileError for a file that is not JSON. */
export async function sentencePrompts({
  folder,
  path,
}: RecipeFacts): Promise<{ readonly byName: ReadonlyMap<string, string>; readonly byDefault: string | undefined }> {
  if (folder === undefined || !(await folder.has(file))) return { byName: new Map(), byDefault: undefined };
  const config = fieldsOf(await readJson(folder, file, path));
  const prompts = Object.entries(fieldsOf(config.prompts));
  const byName = new Map(prompts.flatMap(([name, prompt]) => (typeof prompt === "string" ? [[name, prompt]] : [])));
  const { default_prompt_name: name } = config;
  return { byName, byDefault: typeof name === "string" ? byName.get(name) : undefined };
}

function fieldsOf(value: unknown): Readonly<Record<string, unknown>> {
  return isObject(value) ? value : {};
}
