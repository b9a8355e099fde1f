// What the rows of a data file train: the next token, or a class for each row.

import { DataError, type Example } from "@lowrank/data";

/** Which of the two. */
export type RowGoal = "next-token" | "class";

/**
 * The goal that all rows share: that of the first, or the one that rows of another file have. Throws a DataError that
 * names the rows which differ from it.
 */
export function rowGoal(file: string, examples: readonly Example[], expected?: RowGoal): RowGoal {
  const goals = examples.map(goalOf);
  const first = expected ?? goals[0] ?? "next-token";
  const others = goals.flatMap((goal, index) => (goal === first ? [] : [index]));
  if (others.length === 0) return first;
  const problems = others
    .slice(0, 10)
    .map((index) => ({ row: index + 1, found: describe(otherGoal(first)), expected: describe(first) }));
  throw new DataError(file, problems, others.length, "row");
}

/** Whether any row is text, so that a tokenizer is needed. */
export function needTokenizer(examples: readonly Example[]): boolean {
  return examples.some((example) => example.kind !== "tokens");
}

function goalOf(example: Example): RowGoal {
  if (example.kind === "sentence") return "class";
  return example.kind === "tokens" && typeof example.labels === "number" ? "class" : "next-token";
}

function otherGoal(goal: RowGoal): RowGoal {
  return goal === "class" ? "next-token" : "class";
}

function describe(goal: RowGoal): string {
  return goal === "class" ? "a row with one label for the whole row" : "a row of text or with a label for each token";
}
