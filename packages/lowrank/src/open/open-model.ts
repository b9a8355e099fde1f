// --model and --adapter, opened together: an adapter may bring the head that its base lacks.

import { type Adapter, type LoraConfig, layerOrderOf } from "@lowrank/adapter-format";
import { readAdapterFolder } from "@lowrank/adapter-format/node";
import { activeAdapters, type ForwardContext, inferenceContext } from "@lowrank/contracts";
import type { TextFiles } from "@lowrank/data";
import { type AdapterHandle, attachAdapter, vocabularyOf } from "@lowrank/inject";
import { diskFolder } from "@lowrank/merge/node";
import type { ModelFolder, PretrainedModel } from "@lowrank/models";
import type { Report } from "../cli/terminal/report.ts";
import { HeadIncompleteError } from "../errors/model-errors.ts";
import { locate } from "../node/locate.ts";
import { type BaseRequest, loadBase } from "./load-base.ts";

/** What to open. */
export interface ModelRequest extends BaseRequest {
  readonly model: string;
  readonly adapter?: string | undefined;
  /** Whether the adapter's variables will be trained. */
  readonly trainable?: boolean;
  /** The configuration of a new adapter, of which the model needs the order of layers. */
  readonly newAdapter?: LoraConfig | undefined;
  /** How many tokens the model must have rows for; it is given what it lacks. */
  readonly leastTokens?: number | undefined;
}

/** A model ready to compute, with its adapter attached. */
export interface OpenedModel {
  readonly model: PretrainedModel;
  /** The folder or file it was read from. */
  readonly path: string;
  /** Where the tokenizer is: the adapter's folder if it has one, else the model's, or the .gguf file itself and the one it lies in. */
  readonly files: TextFiles;
  /** The adapter's folder, if it has a tokenizer of its own: that of the tokens that were added for it. */
  readonly tokenizerFolder: string | undefined;
  /** Absent for a .gguf file. */
  readonly folder: ModelFolder | undefined;
  readonly adapter: Adapter | undefined;
  readonly handle: AdapterHandle | undefined;
  /** Evaluation with the adapter, if one was opened. */
  readonly context: ForwardContext;
  dispose(): void;
}

/** Loads a model, and its adapter if one is asked for; nothing stays in memory if either fails. */
export async function openModel(request: ModelRequest, report: Report): Promise<OpenedModel> {
  const adapterFolder = request.adapter === undefined ? undefined : await locate(request.adapter, "adapter", report);
  const onWarning = report.warn;
  const adapter = adapterFolder === undefined ? undefined : await readAdapterFolder(adapterFolder, { onWarning });
  const tokenizerFolder = await withTokenizer(adapterFolder);
  const path = await locate(request.model, "model", report);
  const { model: base, files, folder } = await loadBase(path, request, { adapter, report });
  const model = withTokens(
    withVocabularyOf(withLayersOf(base, adapter?.config ?? request.newAdapter), adapter, report),
    request.leastTokens,
  );
  try {
    const attachOptions = {
      baseFingerprint: model.fingerprint,
      trainable: request.trainable ?? false,
      onWarning,
    };
    const handle = adapter === undefined ? undefined : attachAdapter(model, adapter, attachOptions);
    if (adapter !== undefined && request.newHeadSeed === undefined) checkHead(model, adapter, path);
    return {
      model,
      path,
      files: tokenizerFolder === undefined ? files : diskFolder(tokenizerFolder),
      tokenizerFolder,
      folder,
      adapter,
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

/** Throws HeadIncompleteError where a part of the head is in neither the base nor the adapter: it would be random. */
function checkHead({ newParameters, task }: PretrainedModel, { tensors }: Adapter, path: string): void {
  const missing = newParameters.filter((parameter) => !tensors.has(parameter));
  if (missing.length > 0 && task !== "feature-extraction") throw new HeadIncompleteError(path, missing);
}

/** The model with the layers that the adapter repeats; the weights stay where they are. */
function withLayersOf(base: PretrainedModel, config: LoraConfig | undefined): PretrainedModel {
  const order = config === undefined ? null : layerOrderOf(config);
  if (order === null) return base;
  try {
    return base.withLayers(order);
  } finally {
    base.dispose();
  }
}

/** The model with as many tokens as the adapter's tables have, which are those that it was trained on. */
function withVocabularyOf(base: PretrainedModel, adapter: Adapter | undefined, report: Report): PretrainedModel {
  const had = base.config.vocabularySize;
  const size = (adapter === undefined ? undefined : vocabularyOf(base, adapter)?.size) ?? had;
  if (size === had) return base;
  const message =
    `The adapter was trained with ${size} tokens, the base has ${had}: it is given as many. New rows that the adapter ` +
    "does not bring along are the mean of the others.";
  report.warn({ code: "VOCABULARY_RESIZED", message });
  try {
    return base.withVocabulary(size);
  } finally {
    base.dispose();
  }
}

/** The model with rows for so many tokens; what it has beyond them stays. */
function withTokens(base: PretrainedModel, least = 0): PretrainedModel {
  if (base.config.vocabularySize >= least) return base;
  try {
    return base.withVocabulary(least);
  } finally {
    base.dispose();
  }
}

/** The adapter's folder, if transformers would find a tokenizer in it. */
async function withTokenizer(folder: string | undefined): Promise<string | undefined> {
  return folder !== undefined && (await diskFolder(folder).has("tokenizer.json")) ? folder : undefined;
}
