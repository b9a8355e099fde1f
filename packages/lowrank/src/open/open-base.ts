// A base and its adapter, opened together: an adapter may bring the head that its base lacks, tokens, and an order of layers.

import { type Adapter, type LoraConfig, layerOrderOf } from "@lowrank/adapter-format";
import { activeAdapters, type ForwardContext, inferenceContext } from "@lowrank/contracts";
import { openTokenizer, type TextFiles, type TextTokenizer } from "@lowrank/data";
import { type AdapterHandle, vocabularyOf } from "@lowrank/inject";
import type { EmbeddingRecipe, ModelFolder, PretrainedModel } from "@lowrank/models";
import { headIncomplete, tokenizerMissing } from "../errors/model-errors.ts";
import type { Notices } from "../notices.ts";
import { type AdapterSetup, readSetup } from "../setup/adapter-setup.ts";
import type { AttachRequest } from "./attaching.ts";
import { configOfSource } from "./base-config.ts";
import { type BaseRequest, loadBase } from "./load-base.ts";
import type { AdapterSource, ModelSource, TokenizerFolder } from "./model-source.ts";

/** Where base and adapter are: the adapter is looked for first, as it says which head the base needs. */
export interface ModelPlaces {
  model(): Promise<ModelSource>;
  readonly adapter?: (() => Promise<AdapterSource>) | undefined;
}

export interface ModelRequest extends BaseRequest, AttachRequest {
  /** How many tokens the model must have rows for; it is given what it lacks. */
  readonly minTokens?: number | undefined;
}

export interface OpenedBase {
  readonly model: PretrainedModel;
  readonly source: ModelSource;
  /** The folder or file it was read from. */
  readonly path: string;
  /** Where the tokenizer is: the adapter's folder if it has one, else the model's, or the .gguf file itself and the one it lies in. */
  readonly files: TextFiles;
  /** The adapter's folder, if it has a tokenizer of its own: that of the tokens that were added for it. */
  readonly tokenizerFolder: TokenizerFolder | undefined;
  /** Absent for a .gguf file. */
  readonly folder: ModelFolder | undefined;
  readonly adapter: Adapter | undefined;
  /** How the adapter was trained to be used, or the one that was merged into the base. */
  readonly setup?: AdapterSetup | undefined;
  /** Where the adapter was found. */
  readonly adapterPath?: string | undefined;
  readonly handle: AdapterHandle | undefined;
  /** How the adapter's embeddings are pooled, where it was trained for such. */
  readonly recipe?: EmbeddingRecipe | undefined;
  /** Evaluation with the adapter, if one was opened. */
  readonly context: ForwardContext;
  dispose(): void;
}

/** Loads a model, and its adapter if one is asked for; nothing stays in memory if either fails. */
export async function openBase(places: ModelPlaces, request: ModelRequest, notices: Notices): Promise<OpenedBase> {
  const adapterSource = await places.adapter?.();
  const { adapter, source } =
    adapterSource === undefined
      ? { adapter: undefined, source: await places.model() }
      : await readWithBase(adapterSource, places, notices);
  // A merged model remembers what its adapter did.
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

/** Reads an adapter and finds its base: when the adapter asks for it, else afterwards, so that a broken adapter downloads none. */
export async function readWithBase(
  adapterSource: AdapterSource,
  { model }: Pick<ModelPlaces, "model">,
  { warn }: Pick<Notices, "warn">,
): Promise<{ readonly adapter: Adapter; readonly source: ModelSource }> {
  let found: Promise<ModelSource> | undefined;
  const find = () => (found ??= model());
  const adapter = await adapterSource.read({ onWarning: warn }, async () => configOfSource(await find()));
  return { adapter, source: await find() };
}

/** The base as if nothing were attached. */
export function withoutAdapter(opened: OpenedBase): OpenedBase {
  const setup = opened.adapter === undefined ? opened.setup : undefined;
  const none = { handle: undefined, adapter: undefined, setup };
  return { ...opened, ...none, context: inferenceContext() };
}

/** Throws HEAD_INCOMPLETE where a part of the head is in neither the base nor the adapter: it would be random. */
export function checkHead({ newParameters, task }: PretrainedModel, { tensors }: Adapter, path: string): void {
  const missing = newParameters.filter((parameter) => !tensors.has(parameter));
  if (missing.length > 0 && task !== "feature-extraction") throw headIncomplete(path, missing);
}

export interface ShapeRequest {
  readonly adapter?: Adapter | undefined;
  /** The configuration of a new adapter, of which the model needs the order of layers. */
  readonly newAdapter?: LoraConfig | undefined;
  readonly minTokens?: number | undefined;
}

/** The model with an adapter's repeated layers and rows for its tokens. Weights are shared; the base stays the caller's to dispose of. */
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

/** The model with as many tokens as the adapter's tables have, which are those that it was trained on. */
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

/** The same where nobody else needs the base. */
function shapedAlone(base: PretrainedModel, request: ShapeRequest, notices: Notices): PretrainedModel {
  let model: PretrainedModel | undefined;
  try {
    model = shaped(base, request, notices);
    return model;
  } finally {
    if (model !== base) base.dispose();
  }
}

/** Reads the tokenizer beside the model. Throws TOKENIZER_MISSING where there is none. */
async function tokenizerOf({ files, path }: Pick<OpenedBase, "files" | "path">): Promise<TextTokenizer> {
  if (!(await files.has("tokenizer.json"))) throw tokenizerMissing(path);
  return openTokenizer(files);
}

export class Tokenizers {
  readonly #known = new Map<OpenedBase["files"], Promise<TextTokenizer>>();

  of({ files, path }: Pick<OpenedBase, "files" | "path">): Promise<TextTokenizer> {
    const known = this.#known.get(files) ?? tokenizerOf({ files, path });
    this.#known.set(files, known);
    return known;
  }
}
