// Opens a base with its adapter. An adapter may add a head that the base lacks, tokens, and repeated layers.

import type { Adapter, LoraConfig } from "@lowrank/adapter-format";
import { layerOrderOf, type ReadAdapterOptions } from "@lowrank/adapter-format/internal";
import { activeAdapters, type ForwardContext, inferenceContext } from "@lowrank/contracts";
import { openTokenizer, type TextTokenizer } from "@lowrank/data";
import type { TextFiles } from "@lowrank/data/internal";
import type { AdapterHandle } from "@lowrank/inject";
import { vocabularyOf } from "@lowrank/inject/internal";
import type { ModelFolder, PretrainedModel } from "@lowrank/models";
import type { EmbeddingSettings } from "@lowrank/models/internal";
import { headIncomplete, tokenizerMissing } from "../errors/model-errors.ts";
import type { Notices } from "../notices.ts";
import { type AdapterSetup, readSetup } from "../setup/adapter-setup.ts";
import type { AttachRequest } from "./attaching.ts";
import { configOfSource } from "./base-config.ts";
import { type BaseRequest, loadBase } from "./load-base.ts";
import type { AdapterSource, ModelSource, TokenizerFolder } from "./model-source.ts";

/** Sources of base and adapter. The adapter comes first, because it determines the base's head. */
export interface ModelSources {
  model(): Promise<ModelSource>;
  readonly adapter?: (() => Promise<AdapterSource>) | undefined;
}

export interface ModelRequest extends BaseRequest, AttachRequest {
  /** Minimum number of token rows; the model gets missing ones. */
  readonly minTokens?: number | undefined;
}

export interface OpenedBase {
  readonly model: PretrainedModel;
  readonly source: ModelSource;
  /** The folder or file it was read from. */
  readonly path: string;
  /** Location of the tokenizer: the adapter's folder if it has one, else the model's, or the .gguf file and its folder. */
  readonly files: TextFiles;
  /** The adapter's folder, if it has its own tokenizer with added tokens. */
  readonly tokenizerFolder: TokenizerFolder | undefined;
  /** Undefined for a .gguf file. */
  readonly folder: ModelFolder | undefined;
  readonly adapter: Adapter | undefined;
  /** Training settings of the adapter, or of an adapter that was merged into the base. */
  readonly setup?: AdapterSetup | undefined;
  readonly adapterPath?: string | undefined;
  readonly handle: AdapterHandle | undefined;
  /** Pooling of the adapter's embeddings, if it was trained for embeddings. */
  readonly embedding?: EmbeddingSettings | undefined;
  /** Inference with the adapter, if there is one. */
  readonly context: ForwardContext;
  dispose(): void;
}

/** Loads a model and, if requested, its adapter; frees everything if either fails. */
export async function openBase(sources: ModelSources, request: ModelRequest, notices: Notices): Promise<OpenedBase> {
  const adapterSource = await sources.adapter?.();
  const { adapter, source } =
    adapterSource === undefined
      ? { adapter: undefined, source: await sources.model() }
      : await readWithBase(adapterSource, sources, notices);
  // A merged model remembers the settings of its adapter.
  const setup = await (adapterSource?.setup() ?? (source.folder && readSetup(source.folder)));
  const base = await loadBase(source, request, { adapter, notices });
  const model = shapedAlone(base, { adapter, ...request }, notices);
  const tokenizerFolder = adapterSource?.tokenizer;
  try {
    const handle = adapter && (await import("./attaching.ts")).attachTo(model, adapter, request, notices);
    if (adapter !== undefined && request.newHeadSeed === undefined) checkHead(model, adapter, source.path);
    return {
      model,
      source,
      path: source.path,
      files: tokenizerFolder ?? source.files,
      tokenizerFolder,
      folder: source.folder,
      adapter,
      setup,
      adapterPath: adapterSource?.name,
      handle,
      context: inferenceContext(handle === undefined ? undefined : activeAdapters(handle.name)),
      dispose: () => {
        handle?.dispose();
        model.dispose();
      },
    };
  } catch (error) {
    model.dispose();
    throw error;
  }
}

/** Reads an adapter before its base, unless it needs the base, so that a broken adapter causes no download. */
export async function readWithBase(
  adapterSource: AdapterSource,
  { model }: Pick<ModelSources, "model">,
  { warn, mergeOnly = false }: Pick<Notices, "warn"> & Pick<ReadAdapterOptions, "mergeOnly">,
): Promise<{ readonly adapter: Adapter; readonly source: ModelSource }> {
  let found: Promise<ModelSource> | undefined;
  const find = () => (found ??= model());
  const adapter = await adapterSource.read({ mergeOnly, onWarning: warn }, async () => configOfSource(await find()));
  return { adapter, source: await find() };
}

/** The base without an adapter. */
export function withoutAdapter(opened: OpenedBase): OpenedBase {
  const setup = opened.adapter === undefined ? opened.setup : undefined;
  const none = { handle: undefined, adapter: undefined, setup };
  return { ...opened, ...none, context: inferenceContext() };
}

/** Throws HEAD_INCOMPLETE if neither base nor adapter has a part of the head, which would be random. */
export function checkHead({ newParameters, task }: PretrainedModel, { tensors }: Adapter, path: string): void {
  const missing = newParameters.filter((parameter) => !tensors.has(parameter));
  if (missing.length > 0 && task !== "feature-extraction") throw headIncomplete(path, missing);
}

export interface ShapeRequest {
  readonly adapter?: Adapter | undefined;
  /** The configuration of a new adapter, for the order of layers. */
  readonly newAdapter?: LoraConfig | undefined;
  readonly minTokens?: number | undefined;
}

/** The model with an adapter's repeated layers and token rows. Weights are shared; the caller still disposes of the base. */
export function shaped(base: PretrainedModel, request: ShapeRequest, notices: Notices): PretrainedModel {
  const { adapter, newAdapter, minTokens = 0 } = request;
  const config = adapter?.config ?? newAdapter;
  const order = config === undefined ? null : layerOrderOf(config);
  const changes: ((model: PretrainedModel) => PretrainedModel)[] = [
    (model) => (order === null ? model : model.withLayers(order)),
    (model) => withVocabularyOf(model, adapter, notices),
    (model) => (model.config.vocabularySize >= minTokens ? model : model.withVocabulary(minTokens)),
  ];
  let model = base;
  try {
    for (const change of changes) {
      const next = change(model);
      if (next !== model && model !== base) model.dispose();
      model = next;
    }
    return model;
  } catch (error) {
    if (model !== base) model.dispose();
    throw error;
  }
}

/** The model with the vocabulary size of the adapter's tables, which it was trained with. */
function withVocabularyOf(base: PretrainedModel, adapter: Adapter | undefined, notices: Notices): PretrainedModel {
  const had = base.config.vocabularySize;
  const size = (adapter === undefined ? undefined : vocabularyOf(base, adapter)?.size) ?? had;
  if (size === had) return base;
  const message =
    `Resized the vocabulary of the base from ${had} to ${size} tokens, the size of the adapter. New rows that are not ` +
    "in the adapter are the mean of the others.";
  notices.warn({ code: "VOCABULARY_RESIZED", message });
  return base.withVocabulary(size);
}

/** The model in the requested shape. Disposes of the base if another model replaces it. */
function shapedAlone(base: PretrainedModel, request: ShapeRequest, notices: Notices): PretrainedModel {
  let model: PretrainedModel | undefined;
  try {
    model = shaped(base, request, notices);
    return model;
  } finally {
    if (model !== base) base.dispose();
  }
}

/** Reads the model's tokenizer. Throws TOKENIZER_MISSING. */
async function tokenizerOf({ files, path }: Pick<OpenedBase, "files" | "path">): Promise<TextTokenizer> {
  if (!(await files.has("tokenizer.json"))) throw tokenizerMissing(path);
  return openTokenizer(files);
}

export class Tokenizers {
  readonly #known = new Map<OpenedBase["files"], Promise<TextTokenizer>>();

  of({ files, path }: Pick<OpenedBase, "files" | "path">): Promise<TextTokenizer> {
    const tokenizer = this.#known.get(files) ?? tokenizerOf({ files, path });
    this.#known.set(files, tokenizer);
    return tokenizer;
  }
}
