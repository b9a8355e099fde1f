// PEFT's names of tasks, and ours.

import type { TaskType } from "@lowrank/adapter-format";
import type { Task } from "@lowrank/contracts/families";

/** Each of PEFT's types with the head that it asks for. */
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
  // T5's encoder alone: states, and no head either.
  ["text-encoding", "FEATURE_EXTRACTION"],
]);

export function taskOfType(type: TaskType): Task | undefined {
  return tasks.get(type);
}

/** What PEFT calls the task; null where it has no name for it. */
export function typeOfTask(task: Task): TaskType | null {
  return types.get(task) ?? null;
}

/** Whether a model with this head writes texts token by token. */
export function writesText(task: Task): boolean {
  return task === "causal-lm" || task === "sequence-to-sequence";
}
