// A merged model for llama.cpp and programs based on it: a .gguf file, and a Modelfile for Ollama.

import { promptTemplate } from "@lowrank/data";
import { type GgufTokenizerOptions, ggufFromTokenizer, promptOf } from "@lowrank/data/internal";
import { type GgufFile, openGguf } from "@lowrank/gguf";
import type { WritableValue } from "@lowrank/gguf/internal";
import { type GgufFileType, type GgufModelOptions, ggufModelFile } from "@lowrank/merge/gguf";
import type { ExportFile } from "@lowrank/merge/internal";
import { readJsonObject } from "@lowrank/models";
import type { Pooling } from "@lowrank/models/internal";
import { findEmbeddingSettings } from "../embed/embedding-settings.ts";
import { PoolingUnknownError } from "../errors/model-errors.ts";
import { notGguf } from "../errors/output-errors.ts";
import { renderPrompt } from "../generate/prompt-ids.ts";
import { omitUndefined } from "../omit-undefined.ts";
import { lastPart, parseHubName } from "../open/hub-name.ts";
import type { OpenedBase } from "../open/open-base.ts";
import { isConversing } from "../rows/tokens/choose-template.ts";
import type { AdapterSetup } from "../setup/adapter-setup.ts";

export interface GgufOutputOptions extends Omit<GgufModelOptions, "type" | "pooling" | "metadata" | "name"> {
  /** Default: the types of the base if it is a .gguf file, else F16. */
  readonly type?: GgufFileType | "as-base" | undefined;
}

export interface GgufOutput {
  readonly type: GgufFileType | "as-base";
  readonly files: readonly ExportFile[];
  close(): Promise<void>;
}

const fileName = "model.gguf";

/** Plans the files. Throws OWN_TYPES, TOKENIZER_INVALID, and the errors of `ggufModelFile`. */
export async function ggufOutput(opened: OpenedBase, options: GgufOutputOptions): Promise<GgufOutput> {
  const { type: requestedType, ...merging } = options;
  const source = await opened.source.openGguf?.();
  const close = async () => source?.close?.();
  try {
    const base = source === undefined ? undefined : await openGguf(source);
    const type = requestedType ?? (base === undefined ? "F16" : "as-base");
    if (type === "as-base" && base === undefined) throw notGguf(opened.path);
    const name = await nameOf(opened, base);
    const tokenizer = await tokenizerOf(opened, base, { name, ...omitUndefined({ onWarning: options.onWarning }) });
    const end = isGenerative(opened) ? tokenizer.end : undefined;
    const pooling = await poolingOf(opened, type);
    const named: [string, WritableValue][] = [["general.name", { type: "string", value: name }]];
    const file = await ggufModelFile(opened.model, {
      ...merging,
      ...omitUndefined({ pooling }),
      type: type === "as-base" ? (base as NonNullable<typeof base>) : type,
      metadata: new Map<string, WritableValue>([...named, ...tokenizer.entries]),
      name: fileName,
    });
    return { type, files: [file, modelfile(modelfileText(fileName, { end, setup: opened.setup }))], close };
  } catch (error) {
    await close();
    throw error;
  }
}

/** Whether the model generates text; other models are for embeddings. */
export function isGenerative({ model }: Pick<OpenedBase, "model">): boolean {
  return model.task !== "feature-extraction";
}

/** The adapter's or the base's pooling; undefined if it is unknown, or if the base's file keeps its own. */
async function poolingOf(opened: OpenedBase, type: GgufOutput["type"]): Promise<Pooling | undefined> {
  const { source, embedding } = opened;
  // A decoder without a head in a .gguf file looks like one that generates text.
  if (isGenerative(opened) && source.openGguf === undefined) return undefined;
  if (type === "as-base" && embedding === undefined) return undefined;
  try {
    return (await findEmbeddingSettings(source, {}, embedding)).pooling;
  } catch (error) {
    if (error instanceof PoolingUnknownError) return undefined;
    throw error;
  }
}

/** The base's name, as its files or the adapter have it, else its folder's; and the adapter's. llama.cpp has rules for some names. */
async function nameOf({ path, folder, adapter, adapterPath }: OpenedBase, base: GgufFile | undefined): Promise<string> {
  const stored = base?.metadata.get("general.name");
  // Another name could give the file a rule that it does not have.
  if (base !== undefined) return typeof stored === "string" ? stored : "model";
  const config = folder === undefined ? {} : await readJsonObject(folder, "config.json");
  const known = [config._name_or_path, adapter?.config.baseModel].find(
    (name): name is string => typeof name === "string" && parseHubName(name) !== undefined,
  );
  return [known ?? path, ...(adapterPath === undefined ? [] : [adapterPath])].map(lastPart).join("+").slice(0, 200);
}

/** The tokenizer of the .gguf base, unless the adapter has one. */
async function tokenizerOf(
  { files, tokenizerFolder, model, setup }: OpenedBase,
  base: GgufFile | undefined,
  options: GgufTokenizerOptions,
): Promise<{ readonly entries: Iterable<readonly [string, WritableValue]>; readonly end: string | undefined }> {
  if (base !== undefined && tokenizerFolder === undefined) {
    const stored = [...(await base.readStoredMetadata())].filter(([key]) => key.startsWith("tokenizer."));
    return { entries: stored, end: endOf((key) => base.metadata.get(key)) };
  }
  const { vocabularySize } = model.config;
  const { template } = setup ?? {};
  const named = template === undefined || template === "chat" ? undefined : promptTemplate(template);
  const entries = await ggufFromTokenizer(files, vocabularySize, { ...options, ...omitUndefined({ template: named }) });
  const end = endOf((key) => entries.get(key)?.value);
  const architecture = base?.metadata.get("general.architecture");
  if (architecture === undefined) return { entries: entries, end };
  return { entries: [...entries, [`${architecture}.vocab_size`, { type: "uint32", value: vocabularySize }]], end };
}

function endOf(value: (key: string) => unknown): string | undefined {
  const tokens = value("tokenizer.ggml.tokens");
  const end: unknown = Array.isArray(tokens) ? tokens[Number(value("tokenizer.ggml.eos_token_id"))] : undefined;
  return typeof end === "string" ? end : undefined;
}

function modelfile(text: string): ExportFile {
  const bytes = new TextEncoder().encode(text);
  return {
    name: "Modelfile",
    bytes: bytes.length,
    async *contents(from) {
      yield bytes.subarray(from);
    },
  };
}

// Ollama's Modelfile. Source: https://github.com/ollama/ollama/blob/main/docs/modelfile.md

interface ModelfileFacts {
  /** The end-of-text token; undefined for a model that does not generate text. */
  readonly end: string | undefined;
  readonly setup: AdapterSetup | undefined;
}

/** The Modelfile for a .gguf file next to it. The model's own chat template is in that file, which Ollama reads. */
export function modelfileText(file: string, { end, setup = {} }: ModelfileFacts): string {
  const { template, system = "" } = setup;
  const isOwn = template === undefined || template === "chat";
  return [
    `FROM ./${file}`,
    ...(end === undefined || isOwn
      ? []
      : [`TEMPLATE ${quoted(`${goTemplate(template, system)}{{ .Response }}${end}`)}`]),
    ...(end === undefined || !isOwn || system === "" ? [] : [`SYSTEM ${quoted(system)}`]),
    ...(end === undefined ? [] : [`PARAMETER stop ${JSON.stringify(end)}`]),
    "",
  ].join("\n");
}

function goTemplate(name: string, system: string): string {
  const prompt = "\uE000";
  const template = promptTemplate(name);
  const systemTurns = system === "" ? [] : [{ role: "system", content: system }];
  const messages = [...systemTurns, { role: "user", content: prompt }];
  const rendered = isConversing(name) ? template.render({ kind: "chat", messages }) : renderPrompt(prompt, template);
  return promptOf(rendered).replaceAll("{{", '{{ "{{" }}').replace(prompt, "{{ .Prompt }}");
}

/** Three quotation marks would end the text. */
function quoted(text: string): string {
  return `"""${text.replaceAll('"""', "'''")}"""`;
}
