// Loads the base model with the head that the task, the adapter or the data need.

import type { Adapter } from "@lowrank/adapter-format";
import { familyOf, type ModelConfig, type Task } from "@lowrank/contracts/families";
import type { ProblemType } from "@lowrank/contracts/families/internal";
import { type LoadOptions, loadModel, type PretrainedModel } from "@lowrank/models";
import { type BasePrecision, HeadMissingError, type WeightsInFiles } from "@lowrank/models/internal";
import { classifierMissing } from "../errors/model-errors.ts";
import type { Notices } from "../notices.ts";
import { omitUndefined } from "../omit-undefined.ts";
import { adapterHead, refuseOtherModules } from "./adapter-head.ts";
import { decodeProblem } from "./adapter-problem.ts";
import { type BaseClasses, readBaseConfig, readGgufConfig } from "./base-config.ts";
import type { ModelSource } from "./model-source.ts";

export interface BaseRequest {
  /** The head to use instead of the one that the files name. */
  readonly task?: Task | undefined;
  /** Whether a classifier with one output (a cross-encoder) keeps its head, whatever `task` is. */
  readonly mayKeepClassifier?: boolean | undefined;
  /** Number of classes from the data, given the classes that the base's files name. */
  readonly classes?: ((base: BaseClasses) => number) | undefined;
  /** Kind of labels, if neither the adapter nor the base's files decide it. */
  readonly problemType?: ProblemType | undefined;
  /** Seed of a classifier that neither the base nor the adapter has; without a seed this is an error. */
  readonly newHeadSeed?: number | undefined;
  /** Precision of the base's weights; float32 if undefined. */
  readonly basePrecision?: BasePrecision | undefined;
  /** Keeps matrices in their files; undefined: they are loaded. */
  readonly leftIn?: WeightsInFiles | undefined;
  /** The machine's memory; a base that needs more is refused. */
  readonly memoryBytes?: number | undefined;
  /** Stops loading between tensors. */
  readonly signal?: AbortSignal | undefined;
  readonly onProgress?: LoadOptions["onProgress"] | undefined;
}

/** Loads a folder or a .gguf file, with the head that the adapter was trained with. */
export async function loadBase(
  { path, folder, openGguf }: ModelSource,
  request: BaseRequest,
  { adapter, notices }: { readonly adapter: Adapter | undefined; readonly notices: Notices },
): Promise<PretrainedModel> {
  const { memoryBytes: maxBytes, basePrecision, leftIn, signal, onProgress } = request;
  const optionsFor = async (configOf: () => Promise<ModelConfig>) => ({
    onWarning: notices.warn,
    ...omitUndefined({ maxBytes, signal, basePrecision, leftIn, onProgress }),
    ...(await headFor(request, adapter, configOf)),
  });
  if (folder !== undefined) {
    const configOf = () => readBaseConfig(folder);
    return explainMissingHead(loadModel(folder, await optionsFor(configOf)), { path, adapter, configOf });
  }
  const source = await openGguf?.();
  if (source === undefined) throw new Error(`"${path}" is neither a folder nor a file.`);
  try {
    const { loadGguf } = await import("./gguf-reading.ts");
    const configOf = () => readGgufConfig(source);
    return await explainMissingHead(loadGguf(source, await optionsFor(configOf)), { path, adapter, configOf });
  } finally {
    if (leftIn === undefined) await source.close?.();
    else leftIn.closesToo(source);
  }
}

/** The head and its number of classes: from the adapter, else from the data or the command. */
async function headFor(
  { task: requestedTask, mayKeepClassifier = false, classes, newHeadSeed, problemType: requested }: BaseRequest,
  adapter: Adapter | undefined,
  configOf: () => Promise<ModelConfig>,
): Promise<Pick<LoadOptions, "task" | "numLabels" | "newHead" | "problemType">> {
  const problemType = requested ?? decodeProblem(adapter?.metadata);
  const config = adapter === undefined && classes === undefined && !mayKeepClassifier ? undefined : await configOf();
  const task = mayKeepClassifier && config && keepsClassifier(adapter, config) ? undefined : requestedTask;
  const trained = adapter && config && adapterHead(adapter, config, task);
  const head = trained === undefined ? task : trained.task;
  const numLabels = trained?.classes ?? (config && classes?.(config));
  // A head in the adapter replaces the seeded one.
  const seed = trained?.classes === undefined ? newHeadSeed : 0;
  return omitUndefined({ task: head, numLabels, problemType, newHead: seed === undefined ? undefined : { seed } });
}

/** Whether the adapter was trained as a classifier, or the base alone is one with a single output. */
export function keepsClassifier(adapter: Adapter | undefined, config: ModelConfig): boolean {
  const { modelType, architecture, labels } = config;
  if (adapter !== undefined) return adapter.config.taskType === "SEQ_CLS";
  const taskOfFiles = architecture === null ? undefined : familyOf(modelType).architectures.get(architecture);
  return taskOfFiles === "sequence-classification" && labels === 1;
}

/** Replaces HeadMissingError, whose advice is an option of `loadModel`, by an error with advice for commands. */
async function explainMissingHead(
  loading: Promise<PretrainedModel>,
  { path, adapter, configOf }: Loading,
): Promise<PretrainedModel> {
  return loading.catch(async (error: unknown) => {
    if (!(error instanceof HeadMissingError)) throw error;
    if (adapter !== undefined) refuseOtherModules(adapter, await configOf());
    throw classifierMissing(path, error.parameters, error);
  });
}

interface Loading {
  readonly path: string;
  readonly adapter: Adapter | undefined;
  readonly configOf: () => Promise<ModelConfig>;
}
