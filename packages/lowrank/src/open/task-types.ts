// PEFT's names of tasks, mapped to ours.

import type { TaskType } from "@lowrank/adapter-format";
import type { Task } from "@lowrank/contracts/families";

/** Each PEFT task type with its head. */
const pairs: readonly (readonly [TaskType, Task])[] = [
  ["CAUSAL_LM", "causal-lm"],
  ["SEQ_2_SEQ_LM", "sequence-to-sequence"],
  ["SEQ_CLS", "sequence-classification"],
  ["TOKEN_CLS", "token-classification"],
  ["QUESTION_ANS", "question-answering"],
  ["FEATURE_EXTRACTION", "feature-extraction"],
];

const tasks: ReadonlyMap<TaskType, Task> = new Map(pairs);
const types: ReadonlyMap<Task, TaskType> = new Map([
  ...pairs.map(([type, task]) => [task, type] as const),
  // T5's encoder alone: states, no head.
  ["text-encoding", "FEATURE_EXTRACTION"],
]);

export function taskOfType(type: TaskType): Task | undefined {
  return tasks.get(type);
}

/** PEFT's name of the task; null if PEFT has none. */
export function typeOfTask(task: Task): TaskType | null {
  return types.get(task) ?? null;
}

/** Whether a model with this head generates text token by token. */
export function writesText(task: Task): boolean {
  return task === "causal-lm" || task === "sequence-to-sequence";
}
