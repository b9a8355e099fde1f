// The base of --model, with the head that the task, the adapter or the data ask for.

import { totalmem } from "node:os";
import type { Adapter } from "@lowrank/adapter-format";
import type { TextFiles } from "@lowrank/data";
import type { ModelConfig, Task } from "@lowrank/families";
import {
  type BasePrecision,
  HeadMissingError,
  type LoadOptions,
  loadGguf,
  loadModel,
  type ModelFolder,
  type PretrainedModel,
} from "@lowrank/models";
import { openFolder } from "@lowrank/models/node";
import { openFile } from "@lowrank/safetensors/node";
import type { Report } from "../cli/terminal/report.ts";
import { ClassifierMissingError } from "../errors/model-errors.ts";
import { ggufFiles } from "../node/gguf-files.ts";
import { adapterHead } from "./adapter-head.ts";
import { type BaseClasses, readBaseConfig, readGgufConfig } from "./base-config.ts";

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

/** Loads a folder or a .gguf file, with the head that the adapter was trained under. */
export async function loadBase(
  path: string,
  request: BaseRequest,
  { adapter, report }: { readonly adapter: Adapter | undefined; readonly report: Report },
): Promise<LoadedBase> {
  const optionsFor = async (configOf: () => Promise<ModelConfig>) => ({
    onWarning: report.warn,
    maxBytes: totalmem(),
    ...(request.basePrecision === undefined ? {} : { basePrecision: request.basePrecision }),
    ...(await headFor(request, adapter, configOf)),
  });
  if (!path.endsWith(".gguf")) {
    const folder = openFolder(path);
    const options = await optionsFor(() => readBaseConfig(folder));
    return { model: await withHead(loadModel(folder, options), path), files: folder, folder };
  }
  const source = await openFile(path);
  try {
    const options = await optionsFor(() => readGgufConfig(source));
    return { model: await withHead(loadGguf(source, options), path), files: ggufFiles(path), folder: undefined };
  } finally {
    await source.close?.();
  }
}

/** Which head, and for how many classes: as the adapter was trained, else as the data or the command ask. */
async function headFor(
  { task, classes, newHeadSeed }: BaseRequest,
  adapter: Adapter | undefined,
  configOf: () => Promise<ModelConfig>,
): Promise<Pick<LoadOptions, "task" | "numLabels" | "newHead">> {
  const config = adapter === undefined && classes === undefined ? undefined : await configOf();
  const trained = adapter && config && adapterHead(adapter, config, task);
  const head = trained === undefined ? task : trained.task;
  const numLabels = trained?.classes ?? (config && classes?.(config));
  // A head that the adapter brings replaces whatever the seed makes.
  const seed = trained?.classes === undefined ? newHeadSeed : 0;
  return {
    ...(head === undefined ? {} : { task: head }),
    ...(numLabels === undefined ? {} : { numLabels }),
    ...(seed === undefined ? {} : { newHead: { seed } }),
  };
}

/** The library's advice is an option of its own; here the way is a command. */
async function withHead(loading: Promise<PretrainedModel>, path: string): Promise<PretrainedModel> {
  return loading.catch((error: unknown) => {
    throw error instanceof HeadMissingError ? new ClassifierMissingError(path, error.parameters, error) : error;
  });
}
