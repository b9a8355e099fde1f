// What the rows of a data file train: the next token, a class for each row, where the answer to a question is, embeddings, which
// of two answers is better, or whether an answer is good.

import type { Task } from "@lowrank/contracts/families";
import { DataError, type Example, type RowList } from "@lowrank/data";

/** Which of them. */
export type RowGoal = "next-token" | "class" | "image-class" | "answer" | "comparison" | "preference" | "judged";

/** What all rows have in common, and what not. */
export interface RowSurvey {
  readonly goal: RowGoal;
  readonly kinds: ReadonlySet<Example["kind"]>;
}

/**
 * The goal that all rows share: that of the first, or the one that rows of another file have. Throws a DataError that
 * names the rows which differ from it.
 */
export function rowGoal(file: string, examples: RowList<Example>, expected?: RowGoal): RowGoal {
  return surveyRows(file, examples, expected).goal;
}

/** The same with all kinds of rows that there are: going through many once takes seconds. Throws as `rowGoal`. */
export function surveyRows(file: string, examples: RowList<Example>, expected?: RowGoal): RowSurvey {
  const [example] = examples;
  const first = expected ?? (example === undefined ? "next-token" : goalOf(example));
  const kinds = new Set<Example["kind"]>();
  const problems = examples.flatMap((each, index) => {
    kinds.add(each.kind);
    const goal = goalOf(each);
    return goal === first ? [] : [{ row: index + 1, found: describe(goal), expected: describe(first) }];
  });
  if (problems.length === 0) return { goal: first, kinds };
  throw new DataError(file, problems.slice(0, 10), { count: problems.length, unit: "row" });
}

/** The heads that rows of these kinds need; the others are said by the model or the command. */
const tasks: ReadonlyMap<RowGoal, Task> = new Map([
  ["class", "sequence-classification"],
  ["image-class", "image-classification"],
  ["answer", "question-answering"],
  ["comparison", "feature-extraction"],
]);

/** The head that rows need; undefined where the model or the command says it. */
export function taskFor(goal: RowGoal): Task | undefined {
  return tasks.get(goal);
}

/** What rows must train for a head. */
export function goalFor(task: Task): RowGoal {
  for (const [goal, needed] of tasks) if (needed === task) return goal;
  return "next-token";
}

/** Whether rows train a classifier of whole rows. */
export function hasLabels(goal: RowGoal): boolean {
  return goal === "class" || goal === "image-class";
}

/** Whether any row is text, so that a tokenizer is needed. */
export function needTokenizer(examples: RowList<Example>): boolean {
  return examples.some(({ kind }) => kind !== "tokens" && kind !== "span" && kind !== "image");
}

/** Whether a row is of what is said. */
export function isHeard(kind: Example["kind"]): boolean {
  return kind === "speech" || kind === "audio";
}

function goalOf(example: Example): RowGoal {
  if (example.kind === "question" || example.kind === "span") return "answer";
  if (example.kind === "image") return "image-class";
  if (example.kind === "sentence") return "class";
  if (example.kind === "comparison" || example.kind === "preference" || example.kind === "judged") return example.kind;
  return example.kind === "tokens" && typeof example.labels === "number" ? "class" : "next-token";
}

const descriptions: Readonly<Record<RowGoal, string>> = {
  "next-token": "a row of text or with a label for each token",
  class: "a row with one label for the whole row",
  "image-class": "a picture with its label",
  answer: "a question with its answer's place",
  comparison: "texts to be compared",
  preference: "two answers, of which one is better",
  judged: "an answer that is good or bad",
};

function describe(goal: RowGoal): string {
  return descriptions[goal];
}
