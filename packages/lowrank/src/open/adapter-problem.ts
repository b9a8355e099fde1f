// The kind of labels of an adapter's classifier. PEFT's files have no field for it, so it is in the adapter's metadata.

import type { ProblemType } from "@lowrank/contracts/families/internal";

/** Key in an adapter file's metadata: the problem type, unless it is one class per row. */
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
