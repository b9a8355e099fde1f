// Decides for which task a model is loaded.

import { InvalidConfigError, unsupportedTaskError } from "./errors.ts";
import { familyOf } from "./families.ts";
import type { ModelConfig } from "./family.ts";
import type { Task } from "./task.ts";

/**
 * The task `requested`, or else the task of the configuration's architecture.
 *
 * @throws UNSUPPORTED_TASK if the family has no such task or architecture, or if nothing names one.
 * @throws InvalidConfigError if the configuration needs an unsupported form of the task.
 * @example
 * ```ts
 * import { checkConfig, resolveTask } from "@lowrank/contracts/families";
 *
 * const config = checkConfig({
 *   model_type: "bert", architectures: ["BertForMaskedLM"], vocab_size: 99, hidden_size: 32, num_hidden_layers: 2,
 *   num_attention_heads: 4, intermediate_size: 64,
 * });
 * if (resolveTask(config) !== "masked-lm") throw new Error("unexpected task");
 * ```
 */
export function resolveTask(config: ModelConfig, requested?: Task): Task {
  const task = namedTask(config, requested);
  const problems = config.refusedTasks.get(task);
  if (problems !== undefined) throw new InvalidConfigError(`config.json (for ${task})`, problems);
  return task;
}

function namedTask(config: ModelConfig, requested: Task | undefined): Task {
  const { architectures, modelType } = config.family;
  const tasks = [...new Set(architectures.values())];
  if (requested) {
    if (!tasks.includes(requested)) throw unsupportedTaskError(modelType, requested, tasks);
    return requested;
  }
  if (config.architecture === null) throw unsupportedTaskError(modelType, null, tasks);
  const task = architectures.get(config.architecture);
  if (!task) throw unsupportedTaskError(modelType, config.architecture, [...architectures.keys()]);
  return task;
}

/** The class name that config.json gets for a task: "GPT2LMHeadModel". */
export function architectureOf(modelType: string, task: Task): string {
  const { architectures } = familyOf(modelType);
  for (const [name, itsTask] of architectures) if (itsTask === task) return name;
  throw unsupportedTaskError(modelType, task, [...new Set(architectures.values())]);
}
