// The rows to train and to validate on, read before the model is: a broken row should cost a second, not a minute.

import { type Example, splitByKey } from "@lowrank/data";
import { readDataFile } from "@lowrank/data/node";
import { UsageError } from "../../errors/usage-errors.ts";
import { checkClassNumbers, rowClasses, tokenClasses } from "../../rows/class-numbers.ts";
import { goalFor, type RowGoal, rowGoal } from "../../rows/row-kinds.ts";
import { readingOptions } from "../reading-options.ts";
import type { TrainOptions } from "./train-options.ts";

/** Rows of a run. */
export interface TrainingRows {
  readonly goal: RowGoal;
  readonly train: readonly Example[];
  /** Empty where nothing is held out. */
  readonly validation: readonly Example[];
  /** The file that the validation rows are from, for messages. */
  readonly validationFile: string;
  /** Each row's number in its file, counted from 1: a split moves rows. */
  readonly numbers: ReadonlyMap<Example, number>;
}

/** Reads the files that the options name and holds out what they ask for. */
export async function readTrainingRows(options: TrainOptions): Promise<TrainingRows> {
  const { data, validation, validationShare, seed } = options;
  const readOptions = readingOptions(options);
  const rows = await readDataFile(data, readOptions);
  const goal = rowGoal(data, rows);
  checkTask(options, goal);
  const classes = options.task === "token-classification" ? tokenClasses : rowClasses;
  checkClassNumbers(data, rows, classes);
  if (validation !== undefined) {
    const held = await readDataFile(validation, readOptions);
    rowGoal(validation, held, goal);
    checkClassNumbers(validation, held, classes);
    const numbers = numbersOf(rows, held);
    return { goal, train: rows, validation: held, validationFile: validation, numbers };
  }
  const numbers = numbersOf(rows);
  if (validationShare === undefined) return { goal, train: rows, validation: [], validationFile: data, numbers };
  const split = splitByKey(rows, inputOf, { share: validationShare, seed });
  return { goal, train: split.train, validation: split.validation, validationFile: data, numbers };
}

const descriptions: Readonly<Record<RowGoal, string>> = {
  class: "one label for the whole row",
  answer: "a question and its answer's place",
  "next-token": "text, or a label for each token",
};

function checkTask({ task, data }: TrainOptions, goal: RowGoal): void {
  if (task === undefined || goalFor(task) === goal) return;
  const [wanted, got] = [descriptions[goalFor(task)], descriptions[goal]];
  throw new UsageError(`--task ${task} needs rows with ${wanted}; those of "${data}" have ${got}.`);
}

function numbersOf(...files: readonly (readonly Example[])[]): ReadonlyMap<Example, number> {
  return new Map(files.flatMap((rows) => rows.map((example, index) => [example, index + 1] as const)));
}

/** What a row is asked; rows with the same question belong on the same side of the split. */
function inputOf(example: Example): string {
  switch (example.kind) {
    case "completion":
      return example.prompt;
    case "instruction":
      return JSON.stringify([example.instruction, example.input]);
    case "text":
      return example.text;
    case "chat":
      return JSON.stringify(example.messages.filter((message) => message.role !== "assistant"));
    case "sentence":
      return JSON.stringify([example.sentence, example.pair]);
    case "question":
      return JSON.stringify([example.question, example.context]);
    case "tokens":
    case "span":
      return example.inputIds.join();
  }
}
