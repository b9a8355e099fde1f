// The base of --model, with the head that the task, the adapter or the data ask for.

import type { Adapter, TaskType } from "@lowrank/adapter-format";
import type { TextFiles } from "@lowrank/data";
import type { Task } from "@lowrank/families";
import {
  type BasePrecision,
  HeadMissingError,
  loadGguf,
  loadModel,
  type ModelFolder,
  type PretrainedModel,
} from "@lowrank/models";
import { openFolder } from "@lowrank/models/node";
import { openFile } from "@lowrank/safetensors/node";
import { ClassifierMissingError } from "../errors/model-errors.ts";
import type { Report } from "../terminal/report.ts";
import { type BaseClasses, noClasses, readBaseClasses } from "./base-classes.ts";
import { filesBeside } from "./files-beside.ts";

/** How to load the base. */
export interface BaseRequest {
  /** The head to use instead of the one that the files name. */
  readonly task?: Task | undefined;
  /** Classes of a classifier, where data decide it: by those that the base's files name. */
  readonly classes?: ((base: BaseClasses) => number) | undefined;
  /** Seeds a classifier that neither the base nor the adapter has; absent: that is an error. */
  readonly newHeadSeed?: number | undefined;
  /** How the base's weights are kept; float32 if absent. */
  readonly basePrecision?: BasePrecision | undefined;
}

/** A base, and where it was read from. */
export interface LoadedBase {
  readonly model: PretrainedModel;
  readonly files: TextFiles;
  /** Absent for a .gguf file. */
  readonly folder: ModelFolder | undefined;
}

/** Loads a folder or a .gguf file; an adapter that brings a classifier decides how many classes there are. */
export async function loadBase(
  path: string,
  request: BaseRequest,
  { adapter, report }: { readonly adapter: Adapter | undefined; readonly report: Report },
): Promise<LoadedBase> {
  const savedClasses = adapter === undefined ? undefined : savedHeadClasses(adapter);
  const task = request.task ?? tasks.get(adapter?.config.taskType ?? null);
  // A head that the adapter brings replaces whatever the seed makes.
  const seed = savedClasses === undefined ? request.newHeadSeed : 0;
  const optionsFor = async (classesOfBase: () => Promise<BaseClasses>) => {
    const classes = savedClasses ?? request.classes?.(await classesOfBase());
    return {
      onWarning: report.warn,
      ...(request.basePrecision === undefined ? {} : { basePrecision: request.basePrecision }),
      ...(task === undefined ? {} : { task }),
      ...(classes === undefined ? {} : { numLabels: classes }),
      ...(seed === undefined ? {} : { newHead: { seed } }),
    };
  };
  if (!path.endsWith(".gguf")) {
    const folder = openFolder(path);
    const options = await optionsFor(() => readBaseClasses(folder));
    return { model: await withHead(loadModel(folder, options), path), files: folder, folder };
  }
  const options = await optionsFor(async () => noClasses);
  const source = await openFile(path);
  try {
    return { model: await withHead(loadGguf(source, options), path), files: filesBeside(path), folder: undefined };
  } finally {
    await source.close?.();
  }
}

/** The library's advice is an option of its own; here the way is a command. */
async function withHead(loading: Promise<PretrainedModel>, path: string): Promise<PretrainedModel> {
  return loading.catch((error: unknown) => {
    throw error instanceof HeadMissingError ? new ClassifierMissingError(path, error.parameters, error) : error;
  });
}

/** The head that PEFT's task types stand for; CAUSAL_LM keeps what the base's own files say. */
const tasks: ReadonlyMap<TaskType | null, Task> = new Map<TaskType | null, Task>([
  ["SEQ_CLS", "sequence-classification"],
]);

/** How many classes the classifier has that the adapter was saved with. */
function savedHeadClasses(adapter: Adapter): number | undefined {
  for (const [key, tensor] of adapter.tensors) {
    if (/(^|\.)(classifier|score)(\.out_proj)?\.weight$/.test(key)) return tensor.shape[0];
  }
  return undefined;
}
