// Lists the files of the exported folder. Each is made when it is written.

import { parseJson } from "@lowrank/contracts/internal";
import { layoutSafetensors, openFolderWeights, safetensorsChunks } from "@lowrank/safetensors";
import { type FolderWeights, type StreamedTensor, weightFileNames } from "@lowrank/safetensors/internal";
import { sourceFolderError } from "./errors.ts";
import { type ConfigChanges, exportConfig, repeatLayers } from "./export-config.ts";
import type { ExportableModel, ExportFile, ExportOptions, SourceFolder } from "./exportable-model.ts";
import { type FloatSpellings, floatSpellings, writeJson } from "./json-floats.ts";
import { changesOf, type PlannedTensor, planTensors, planTensorsOf } from "./plan-tensors.ts";
import { streamTensor, type TensorSources } from "./tensor-pieces.ts";

/** Files of a tokenizer, copied from the base or from the adapter's tokenizer. */
const tokenizerFile =
  /^(tokenizer\.json|tokenizer_config\.json|special_tokens_map\.json|added_tokens\.json|vocab\.(json|txt)|merges\.txt|(tokenizer|spiece|spm|sentencepiece\.bpe)\.model|(source|target)\.spm|chat_template\.(jinja|json))$/;
/** Generation settings and licences, copied from the base. */
const otherFile = /^(generation_config\.json|(pre)?processor_config\.json|LICENSE.*|NOTICE.*)$/;

/** Whether a file belongs to a tokenizer. Only plain names count, so a write cannot leave the folder. */
function isTokenizerFile(name: string): boolean {
  return tokenizerFile.test(name);
}

/** The base's files. Those of the tokenizer are replaced by the files of the same name in `tokenizer`. */
async function copiedFiles(folders: {
  readonly base?: SourceFolder;
  readonly tokenizer: SourceFolder | undefined;
}): Promise<readonly ExportFile[]> {
  const { base, tokenizer } = folders;
  const copies = new Map<string, ExportFile>();
  for (const folder of [base, tokenizer]) {
    for (const file of (await folder?.list()) ?? []) {
      const isCopied = isTokenizerFile(file) || (folder === base && otherFile.test(file));
      if (folder !== undefined && isCopied) copies.set(file, await copiedFile(folder, file));
    }
  }
  return [...copies.values()];
}

async function copiedFile(source: SourceFolder, name: string): Promise<ExportFile> {
  const opened = await source.open(name);
  await opened.close?.();
  return {
    name,
    bytes: opened.size,
    async *contents(from = 0) {
      const file = await source.open(name);
      try {
        const piece = 1 << 24;
        for (let offset = from; offset < file.size; offset += piece) {
          yield await file.read(offset, Math.min(piece, file.size - offset));
        }
      } finally {
        await file.close?.();
      }
    },
  };
}

/** All files, and the sources to close afterwards. */
export interface ExportFiles {
  readonly files: readonly ExportFile[];
  close(): Promise<void>;
}

const maxConfigBytes = 10_000_000;
const metadata = new Map([["format", "pt"]]);

/** Plans the export. It reads only headers and config.json. Throws SOURCE_FOLDER, SafetensorsError. */
export async function planFiles(model: ExportableModel, options: ExportOptions): Promise<ExportFiles> {
  const { files, close } = await planOwnFiles(model, options);
  const texts = options.texts ?? new Map<string, string>();
  const addedFiles = [...texts].map(([name, text]) => textFile(name, text));
  return { files: [...files.filter(({ name }) => !texts.has(name)), ...addedFiles], close };
}

async function planOwnFiles(model: ExportableModel, options: ExportOptions): Promise<ExportFiles> {
  const { source, tokenizer, merge, dtype = "F32", labelNames } = options;
  const choices = { ...changesOf(model, merge), dtype, labelNames, merge, onRounded: options.onRounded };
  const fromModel = (config: string, others: readonly ExportFile[]): ExportFiles => {
    const tensors = planTensorsOf(model, choices).map((planned) => streamTensor(planned, { model, ...choices }));
    const files = [textFile("config.json", config), ...others, weightsFile(weightFileNames.single, tensors)];
    return { files, close: async () => undefined };
  };
  if ("config" in source) {
    const copies = await copiedFiles({ tokenizer });
    const isCopied = (name: string) => copies.some((file) => file.name === name);
    const texts = [...(source.texts ?? [])].filter(([name]) => isTokenizerFile(name) && !isCopied(name));
    const others = [...copies, ...texts.map(([name, text]) => textFile(name, text))];
    return fromModel(configText(source.config, model, choices), others);
  }
  const { config, floats } = await readConfig(source);
  const copies = await copiedFiles({ base: source, tokenizer });
  // Repeated layers are not in the base's files, so all weights come from the model.
  if (model.layerOrder !== undefined)
    return fromModel(configText(repeatLayers(config, model), model, { ...choices, floats }), copies);
  const checkpoint = await openCheckpoint(source);
  try {
    const { tensors } = checkpoint.collection;
    const planned = planTensors(model, { name: source.name, tensors }, choices);
    const weights = weightFiles(planned, { model, ...choices }, checkpoint);
    const files = [textFile("config.json", configText(config, model, { ...choices, floats })), ...copies, ...weights];
    return { files, close: () => checkpoint.collection.close() };
  } catch (error) {
    await checkpoint.collection.close();
    throw error;
  }
}

function weightFiles(
  planned: readonly PlannedTensor[],
  sources: TensorSources,
  checkpoint: FolderWeights,
): readonly ExportFile[] {
  const last = checkpoint.files.at(-1)!;
  const byFile = new Map<string, StreamedTensor[]>(checkpoint.files.map((file) => [file, []]));
  for (const tensor of planned) {
    // A new tensor is written into the last file.
    const file = tensor.baseKey === undefined ? last : checkpoint.fileOf.get(tensor.baseKey);
    byFile.get(file ?? last)?.push(streamTensor(tensor, { ...sources, base: checkpoint.collection }));
  }
  const files = [...byFile].flatMap(([name, tensors]) => (tensors.length > 0 ? [weightsFile(name, tensors)] : []));
  return checkpoint.isSharded ? [...files, textFile(weightFileNames.index, indexText(byFile))] : files;
}

function indexText(byFile: ReadonlyMap<string, readonly StreamedTensor[]>): string {
  const entries = [...byFile].flatMap(([file, tensors]) => tensors.map(({ name }): [string, string] => [name, file]));
  const sizes = [...byFile.values()].map((tensors) => {
    const { head, size } = layoutSafetensors(tensors, metadata);
    return size - head.length;
  });
  const total_size = sizes.reduce((sum, size) => sum + size, 0);
  const weight_map = Object.fromEntries(entries.sort(([one], [other]) => (one < other ? -1 : 1)));
  return `${JSON.stringify({ metadata: { total_size }, weight_map }, null, 2)}\n`;
}

function weightsFile(name: string, tensors: readonly StreamedTensor[]): ExportFile {
  const { size: bytes } = layoutSafetensors(tensors, metadata);
  return { name, bytes, contents: (from) => safetensorsChunks(tensors, metadata, from) };
}

function textFile(name: string, text: string): ExportFile {
  const bytes = new TextEncoder().encode(text);
  return {
    name,
    bytes: bytes.length,
    async *contents(from) {
      yield bytes.subarray(from);
    },
  };
}

async function readConfig(source: SourceFolder) {
  const text = await source.readText("config.json", { maxBytes: maxConfigBytes });
  const value = parseJson(text, {
    refuse: (reason, cause) => sourceFolderError(source.name, `config.json ${reason}.`, { cause }),
  });
  if (typeof value !== "object" || value === null || Array.isArray(value)) {
    throw sourceFolderError(source.name, "config.json is not a JSON object.");
  }
  // Justified by the check above: keys are strings, values stay unknown.
  return { config: value as Readonly<Record<string, unknown>>, floats: floatSpellings(text) };
}

function configText(
  base: Readonly<Record<string, unknown>>,
  model: ExportableModel,
  changes: ConfigChanges & { readonly floats?: FloatSpellings },
): string {
  return `${writeJson(exportConfig(base, model, changes), changes.floats ?? new Map())}\n`;
}

/** Opens headers only. The caller closes the collection. */
async function openCheckpoint(folder: SourceFolder): Promise<FolderWeights> {
  const weights = await openFolderWeights(folder);
  if (weights !== undefined) return weights;
  const { single, index } = weightFileNames;
  throw sourceFolderError(
    folder.name,
    `it has neither ${single} nor ${index}, so there is no base model to export. ` +
      "Give a folder with safetensors weights, as transformers' save_pretrained writes it.",
  );
}
