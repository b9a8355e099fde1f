// The rows to train and to validate on, read before the model is: a broken row should cost a second, not a minute.

import { readDataFile } from "@lowrank/data/node";
import { UsageError } from "../../errors/usage-errors.ts";
import { goalFor, type RowGoal } from "../../rows/row-kinds.ts";
import { type RowFile, type TrainingRows, trainingRows } from "../../rows/training-rows.ts";
import { readingOptions } from "../reading-options.ts";
import type { TrainOptions } from "./train-options.ts";

/** Reads the files that the options name and holds out what they ask for. */
export async function readTrainingRows(options: TrainOptions): Promise<TrainingRows> {
  const { data, validation, validationShare, seed, task, problemType: problem } = options;
  const reading = readingOptions(options);
  const read = async (name: string): Promise<RowFile> => ({ name, rows: await readDataFile(name, reading) });
  const held = validation === undefined ? undefined : await read(validation);
  const rows = trainingRows({ data: await read(data), validation: held, validationShare, seed, task, problem });
  checkTask(options, rows.goal);
  return rows;
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
