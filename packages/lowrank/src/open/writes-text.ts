// Which models write texts: those that generate, and learn from rows of text.

import type { Task } from "@lowrank/contracts/families";

/** Whether a model with this head writes texts token by token. */
export function writesText(task: Task): boolean {
  return task === "causal-lm" || task === "sequence-to-sequence";
}
