// The head of an adapter's training: a base such as BertModel names another head, or none, in its own files.

import { type Adapter, parseTensorKey, type TaskType } from "@lowrank/adapter-format";
import { familyOf, type ModelConfig, type Task } from "@lowrank/contracts/families";
import { modulesOf } from "@lowrank/contracts/families/checkpoint";
import { DifferentBaseError } from "@lowrank/inject/internal";
import { adapterTask } from "../errors/model-errors.ts";
import { taskOfType } from "./task-types.ts";

/** Task types that adapters also have for lack of a fitting one: PEFT has none for masked language models. */
const loose: ReadonlySet<TaskType> = new Set<TaskType>(["CAUSAL_LM", "FEATURE_EXTRACTION"]);

/** The head for an adapter: undefined for the base's own; `classes` undefined without a saved classifier. Throws ADAPTER_TASK. */
export function adapterHead(adapter: Adapter, config: ModelConfig, requested: Task | undefined) {
  const task = requested === undefined ? taskOf(adapter, config) : checkRequestedTask(adapter, config, requested);
  const loaded = task ?? checkpointTask(config);
  return { task, classes: loaded === undefined ? undefined : savedClasses(adapter, config, loaded) };
}

function taskOf(adapter: Adapter, config: ModelConfig): Task | undefined {
  const { taskType } = adapter.config;
  if (taskType === null) return savedHead(adapter, config);
  const task = taskOfType(taskType);
  const possible = tasksOf(config);
  const hasOwnBase = isBelowHead(adapter, config) || checkpointTask(config) === "text-encoding";
  if (task === "feature-extraction" && hasOwnBase) return undefined;
  if (task === "causal-lm" && !looksBack(config)) return undefined;
  if (task !== undefined && possible.includes(task)) return task;
  if (loose.has(taskType)) return undefined;
  throw adapterTask(config.modelType, { taskType, requested: undefined, possible });
}

function checkRequestedTask(adapter: Adapter, config: ModelConfig, requested: Task): Task {
  const { taskType } = adapter.config;
  if (taskType === null || loose.has(taskType) || taskOfType(taskType) === requested) return requested;
  throw adapterTask(config.modelType, { taskType, requested, possible: tasksOf(config) });
}

function tasksOf({ modelType }: ModelConfig): readonly Task[] {
  return [...new Set(familyOf(modelType).architectures.values())];
}

function checkpointTask({ modelType, architecture }: ModelConfig): Task | undefined {
  return architecture === null ? undefined : familyOf(modelType).architectures.get(architecture);
}

/** Whether positions only see earlier ones: in decoders, and in BERT with `is_decoder`. */
function looksBack({ modelType, switches }: ModelConfig): boolean {
  return familyOf(modelType).causal || switches.flipsCausalMask;
}

/** Whether the adapter's paths are those of a model with a head: "bert.encoder…", not "encoder…". */
function isBelowHead({ tensors }: Adapter, { modelType }: ModelConfig): boolean {
  const { basePrefix } = familyOf(modelType);
  return basePrefix !== "" && [...tensors.keys()].some((key) => key.startsWith(`${basePrefix}.`));
}

/** Without a task type: the only head whose classifier the adapter has, for a base without a head. */
function savedHead(adapter: Adapter, config: ModelConfig): Task | undefined {
  const taskOfBase = checkpointTask(config);
  if (taskOfBase !== undefined && taskOfBase !== "feature-extraction") return undefined;
  const heads = tasksOf(config).filter((task) => savedClasses(adapter, config, task) !== undefined);
  return heads.length === 1 ? heads[0] : undefined;
}

/** Outputs of a task's classifier in the adapter's file, [labels, inFeatures]; undefined if the task has another number. */
function savedClasses({ tensors }: Adapter, config: ModelConfig, task: Task): number | undefined {
  for (const { inHead, row, path } of modulesOf(config, task)) {
    const isClassifier = inHead && "role" in row && row.role === "output-head" && row.newIfMissing === true;
    if (!isClassifier) continue;
    const outputs = tensors.get(`${path}.weight`)?.shape[0];
    return typeof row.outFeatures === "number" && row.outFeatures !== outputs ? undefined : outputs;
  }
  return undefined;
}

/** Throws DifferentBaseError if the base has no module of the adapter, because then more than a head is missing. */
export function refuseOtherModules({ config, tensors }: Adapter, { modelType, ...base }: ModelConfig): void {
  const modules = modulesOf({ modelType, ...base }, "feature-extraction").map(({ path }) => path);
  const paths = [...tensors.keys()].map((key) => ({ key, path: parseTensorKey(key)?.path ?? key }));
  if (paths.some(({ path }) => modules.some((module) => path.endsWith(module)))) return;
  const got = config.baseModel ? `trained on ${JSON.stringify(config.baseModel)}` : "with other modules";
  throw new DifferentBaseError(
    got,
    `type ${modelType}`,
    paths.map(({ key, path }) => ({ kind: "unknown-path", key, path, nearest: [] })),
  );
}
