// The rows to train and to validate on, read before the model is: a broken row should cost a second, not a minute.

import { UsageError } from "../../errors/usage-errors.ts";
import { goalFor, type RowGoal } from "../../rows/row-kinds.ts";
import { type TrainingRows, trainingRows } from "../../rows/training-rows.ts";
import { readNamedRows } from "../reading-options.ts";
import type { Report } from "../terminal/report.ts";
import type { TrainOptions } from "./train-options.ts";

/** Reads the files that the options name and holds out what they ask for. */
export async function readTrainingRows(options: TrainOptions, report: Report): Promise<TrainingRows> {
  const { data: names, validation, validationShare, seed, task, problemType: problem } = options;
  const held = validation === undefined ? undefined : await readNamedRows(validation, options, report);
  const data = await readNamedRows(names, options, report);
  const { loss } = options;
  const rows = trainingRows({ data, validation: held, validationShare, seed, task, problem, loss });
  checkTask(options, rows);
  return rows;
}

const descriptions: Readonly<Record<RowGoal, string>> = {
  class: "one label for the whole row",
  "image-class": "a picture and its label",
  answer: "a question and its answer's place",
  comparison: "texts to be compared",
  preference: "two answers, of which one is better",
  judged: "an answer that is good or bad",
  "next-token": "text, or a label for each token",
};

function isJudged(goal: RowGoal): boolean {
  return goal === "preference" || goal === "judged";
}

function checkTask({ task }: TrainOptions, { goal, file }: TrainingRows): void {
  if (task === undefined || goalFor(task) === goal || (task === "causal-lm" && isJudged(goal))) return;
  const [wanted, got] = [descriptions[goalFor(task)], descriptions[goal]];
  throw new UsageError(`--task ${task} needs rows with ${wanted}; those of "${file}" have ${got}.`);
}
