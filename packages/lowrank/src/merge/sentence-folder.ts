// The files of a sentence-transformers folder, with pooling and prompts. They come from the model's folder or .gguf file,
// or from the adapter, which was trained with them.

import { parseJson } from "@lowrank/contracts/internal";
import { type EmbeddingSettings, modelFileError, readEmbeddingSettings } from "@lowrank/models/internal";
import { ggufEmbeddingSettings, sentenceLength } from "../embed/embedding-settings.ts";
import type { OpenedBase } from "../open/open-base.ts";
import { defaultMaxLength, positionLimit } from "../open/position-limit.ts";

type Opened = Pick<OpenedBase, "model" | "source" | "embedding">;

const maxBytes = 1_000_000;
const copiedFiles = ["sentence_bert_config.json", "config_sentence_transformers.json"];

/** Texts of files by name, such as "1_Pooling/config.json"; none for a model without pooling. Throws the errors of reading. */
export async function sentenceFiles(opened: Opened): Promise<ReadonlyMap<string, string>> {
  const { model, source } = opened;
  if (model.task !== "feature-extraction") return new Map();
  const copied = await readFiles(source, copiedFiles);
  const stored = await storedModules(opened);
  if (stored !== undefined) return new Map([...copied, ...stored]);
  const embedding = opened.embedding ?? (await ggufEmbeddingSettings(source));
  if (embedding === undefined) return copied;
  const length = Math.min((await sentenceLength(source)) ?? defaultMaxLength, positionLimit(model.config));
  const lengthFile = ["sentence_bert_config.json", json({ max_seq_length: length, do_lower_case: false })] as const;
  return new Map([
    ...(copied.has(lengthFile[0]) ? [] : [lengthFile]),
    ...copied,
    ...newModules(embedding, model.config.hiddenSize),
  ]);
}

/** modules.json of the model's folder and the files that it names, if they have the adapter's pooling. */
async function storedModules({ source, embedding: own }: Opened): Promise<ReadonlyMap<string, string> | undefined> {
  const { folder, inside, path } = source;
  if (folder === undefined || inside === undefined || !(await folder.has("modules.json"))) return undefined;
  const parsed = (json: string, name: string) =>
    parseJson(json, { refuse: (reason, cause) => modelFileError(path, name, `it ${reason}`, { cause }) });
  const text = await folder.readText("modules.json", { maxBytes });
  const configs = new Map<string, string>();
  const readConfig = async (name: string): Promise<unknown> => {
    const config = await inside(name).readText("config.json", { maxBytes });
    configs.set(`${name}/config.json`, config);
    return parsed(config, `${name}/config.json`);
  };
  const stored = await readEmbeddingSettings(parsed(text, "modules.json"), readConfig);
  const isDifferent = own !== undefined && (own.pooling !== stored.pooling || own.isNormalized !== stored.isNormalized);
  return isDifferent ? undefined : new Map([["modules.json", text], ...configs]);
}

async function readFiles({ folder }: Opened["source"], names: readonly string[]): Promise<ReadonlyMap<string, string>> {
  const texts = new Map<string, string>();
  for (const name of names)
    if (await folder?.has(name)) texts.set(name, (await folder?.readText(name, { maxBytes })) ?? "");
  return texts;
}

/** New files, in the format of sentence-transformers since version 2. */
function newModules({ pooling, isNormalized }: EmbeddingSettings, width: number): ReadonlyMap<string, string> {
  const types = ["Transformer", "Pooling", ...(isNormalized ? ["Normalize"] : [])];
  const modules = types.map((type, index) => {
    const path = index === 0 ? "" : `${index}_${type}`;
    return { idx: index, name: String(index), path, type: `sentence_transformers.models.${type}` };
  });
  const pooled = {
    word_embedding_dimension: width,
    pooling_mode_cls_token: pooling === "first",
    pooling_mode_mean_tokens: pooling === "mean",
    pooling_mode_max_tokens: false,
    pooling_mode_mean_sqrt_len_tokens: false,
    pooling_mode_lasttoken: pooling === "last",
  };
  return new Map([
    ["modules.json", json(modules)],
    ["1_Pooling/config.json", json(pooled)],
  ]);
}

function json(value: unknown): string {
  return `${JSON.stringify(value, null, 2)}\n`;
}
