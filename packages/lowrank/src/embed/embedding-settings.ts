// Settings of embeddings, from sentence-transformers' files in the model's folder, or from its .gguf file.

import { LowrankError } from "@lowrank/contracts";
import { isObject, parseJson } from "@lowrank/contracts/internal";
import type { TextFiles } from "@lowrank/data/internal";
import {
  type EmbeddingSettings,
  embeddingRecipeError,
  modelFileError,
  type Pooling,
  readEmbeddingSettings,
} from "@lowrank/models/internal";
import { PoolingUnknownError } from "../errors/model-errors.ts";
import { omitUndefined } from "../omit-undefined.ts";
import type { ModelSource } from "../open/model-source.ts";

/** Embedding settings of a call. */
export interface PoolingOptions {
  /** Pooling: the mean of all states, the first token's state or the last one's. */
  readonly pooling?: Pooling | undefined;
  /** Whether embeddings are normalized to length 1; false if neither this nor the folder sets it. */
  readonly normalize?: boolean | undefined;
  /** How many of the first dimensions to return, as for OpenAI's `dimensions`: of Matryoshka models. Default all. */
  readonly dimensions?: number | undefined;
}

export type EmbeddingSource = Pick<ModelSource, "path" | "folder" | "inside" | "openGguf">;

/** Key in an adapter file's metadata for the pooling of its training. */
export const embeddingKey = "lowrank.embedding";

/** Settings of the call, else of the adapter, the .gguf file or the folder. Throws PoolingUnknownError, EMBEDDING_RECIPE. */
export async function findEmbeddingSettings(
  source: EmbeddingSource,
  { pooling, normalize, dimensions }: PoolingOptions,
  trained?: EmbeddingSettings,
): Promise<EmbeddingSettings> {
  if (pooling !== undefined) return { pooling, isNormalized: normalize ?? false, dimensions };
  const found = trained ?? (await ggufEmbeddingSettings(source)) ?? (await folderEmbeddingSettings(source));
  return { ...found, ...omitUndefined({ isNormalized: normalize, dimensions }) };
}

async function folderEmbeddingSettings({ folder, inside, path }: EmbeddingSource): Promise<EmbeddingSettings> {
  if (folder === undefined || !(await folder.has("modules.json"))) throw new PoolingUnknownError(path);
  return readEmbeddingSettings(await readJson(folder, "modules.json", path), async (name) => {
    const files = inside?.(name);
    const isThere = await files?.has("config.json").catch((error: unknown) => {
      if (LowrankError.isInstance(error)) return false; // the folder itself is missing
      throw error;
    });
    if (files === undefined || isThere !== true) throw new PoolingUnknownError(path, name);
    return readJson(files, "config.json", `${path}/${name}`);
  });
}

/** The metadata entry of an adapter's file. */
export function embeddingMetadata(settings: EmbeddingSettings | undefined): ReadonlyMap<string, string> {
  if (settings === undefined) return new Map();
  return new Map([[embeddingKey, `${settings.pooling}${settings.isNormalized ? ", normalised" : ""}`]]);
}

/** The settings in the metadata; undefined without them, or for unknown ones. */
export function embeddingSettingsIn(metadata: ReadonlyMap<string, string>): EmbeddingSettings | undefined {
  const [name, more] = metadata.get(embeddingKey)?.split(", ") ?? [];
  const pooling = (["mean", "first", "last"] as const).find((candidate) => candidate === name);
  return pooling === undefined ? undefined : { pooling, isNormalized: more === "normalised" };
}

/** The folder's maximum length: sentence-transformers' number, since version 6 the tokenizer's. */
export async function sentenceLength({ folder, path }: EmbeddingSource): Promise<number | undefined> {
  for (const [file, key] of lengthKeys) {
    if (folder === undefined || !(await folder.has(file))) continue;
    const { [key]: length } = fieldsOf(await readJson(folder, file, path));
    // Tokenizers without a limit have a number beyond all integers.
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
  return parseJson(text, { refuse: (reason, cause) => modelFileError(folder, file, `it ${reason}`, { cause }) });
}

// Embedding settings of a .gguf file: llama.cpp's pooling type; normalization is not in the file.

/** The settings; undefined without a .gguf file or a pooling type. Throws EMBEDDING_RECIPE, GgufError. */
export async function ggufEmbeddingSettings({
  openGguf: open,
  path,
}: Pick<ModelSource, "openGguf" | "path">): Promise<EmbeddingSettings | undefined> {
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
    if (pooling !== undefined) return { pooling, isNormalized: false };
    const got = type === 4 ? "4 (rank: a reranker's scores)" : String(type);
    throw embeddingRecipeError(path, `${key} ${got}`, "1 (mean), 2 (CLS) or 3 (last)");
  } finally {
    await source.close?.();
  }
}

const file = "config_sentence_transformers.json";

/** Reads the prompts; none if the folder has none. Throws MODEL_FILE for a file that is not JSON. */
export async function sentencePrompts({
  folder,
  path,
}: EmbeddingSource): Promise<{ readonly byName: ReadonlyMap<string, string>; readonly byDefault: string | undefined }> {
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
