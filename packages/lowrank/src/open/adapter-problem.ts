// What the classifier of an adapter is for. PEFT's files have no place for it, so it travels in the adapter's metadata.

import type { ProblemType } from "@lowrank/contracts/families";

/** Entry of an adapter file's metadata: the problem, where it is not one class a row. */
export const problemKey = "lowrank.problem_type";

const problems: readonly string[] = [
  "regression",
  "single_label_classification",
  "multi_label_classification",
] satisfies readonly ProblemType[];

export function decodeProblem(metadata: ReadonlyMap<string, string> | undefined): ProblemType | undefined {
  const name = metadata?.get(problemKey);
  return name !== undefined && isProblem(name) ? name : undefined;
}

function isProblem(name: string): name is ProblemType {
  return problems.includes(name);
}
