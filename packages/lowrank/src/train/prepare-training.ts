// Everything a run needs before its first step, for a model that is open and an adapter that is planned.

import { DataError, joinRows, type LabelMeaning, type RowProblem } from "@lowrank/data";
import type { PretrainedModel } from "@lowrank/models";
import { RowsTaskError } from "../errors/library-errors.ts";
import { WrongTaskError } from "../errors/model-errors.ts";
import { named } from "../errors/named-option.ts";
import { given } from "../given.ts";
import { areOfSearches } from "../objectives/ranking/ranking-plan.ts";
import { hasLabels, isHeard, needTokenizer, taskFor } from "../objectives/row-kinds.ts";
import type { TrainingRows } from "../objectives/training-rows.ts";
import { problemKey } from "../open/adapter-problem.ts";
import type { OpenedBase } from "../open/open-base.ts";
import { writesText } from "../open/writes-text.ts";
import {
  type Classes,
  classNamesKey,
  decodeClassNames,
  encodeClassNames,
  type KnownClasses,
  numberClasses,
} from "../rows/classes/class-names.ts";
import { checkProblem, problemOn } from "../rows/classes/problem-type.ts";

/** Refuses rows that no head of the model learns from. Throws RowsTaskError, WrongTaskError, and DataError for sounds and texts in each other's place. */
export function refuseUntrainable({ task, modelType, config }: PretrainedModel, rows: TrainingRows): void {
  const { goal, train } = rows;
  const needed = taskFor(goal);
  if (needed !== undefined && needed !== task) throw new RowsTaskError(rows.file, task, needed);
  if (task === "multiple-choice") {
    const advice = "A row of a data file is one text; train it with @lowrank/trainer, which is given your own batches.";
    throw new WrongTaskError(modelType, task, "Training on rows of text", advice);
  }
  if (goal === "judged" && task !== "causal-lm") {
    const advice = "Give rows of a prompt and a completion to train the good answers as text.";
    throw new WrongTaskError(modelType, task, "Learning which answers are good", advice);
  }
  if (areOfSearches(train) && config.labels !== 1) {
    const advice = `It has ${config.labels} classes, and pairs of a search are judged by one number: open it with { classes: 1 }.`;
    throw new WrongTaskError(modelType, task, "Ranking texts", advice);
  }
  refuseUnheard(rows, config.melBins > 0);
  const learnsText = goal === "next-token" && needTokenizer(train);
  if (!learnsText || writesText(task)) return;
  const isPair = config.decoderLayers > 0;
  const advice = isPair
    ? `Add ${named("task")} sequence-to-sequence to train what its decoder writes.`
    : 'Give rows with "sentence" and "label" to train a classifier on it.';
  throw new WrongTaskError(modelType, task, "Training on rows of text", advice);
}

function refuseUnheard({ file, kinds, train, numbers }: TrainingRows, hears: boolean): void {
  if ([...kinds].every((kind) => isHeard(kind) === hears)) return;
  const expected = hears
    ? 'a row with "audio" or "input_features", and "text": this model hears'
    : "a row of text: this model does not hear, as Whisper does";
  const problems = train.flatMap((example, index): RowProblem[] => {
    if (isHeard(example.kind) === hears) return [];
    return [{ row: numbers.train(index), found: `a "${example.kind}" row`, expected }];
  });
  if (problems.length > 0) throw new DataError(file, problems.slice(0, 10), { count: problems.length, unit: "row" });
}

/** What labels mean to the model. Throws a DataError that names the rows whose label does not go with its classifier. */
export function labelMeaning(
  { config }: Pick<PretrainedModel, "config">,
  { goal, file, train, validation, validationFile, problem: ofRows, numbers }: TrainingRows,
  { ids }: Classes,
): LabelMeaning {
  if (!hasLabels(goal)) return {};
  const problem = problemOn(config, ofRows);
  checkProblem(file, train, { problem, rowOf: (_, index) => numbers.train(index) });
  checkProblem(validationFile, validation, { problem, rowOf: (_, index) => numbers.validation(index) });
  return { labelIds: ids, problem, classes: config.labels };
}

/** The classes of rows that have some; none of others. Names that are known already keep their numbers. Throws ClassNameError. */
export function classesOf(
  { model, adapter }: Pick<OpenedBase, "model" | "adapter">,
  { goal, train, validation, problem }: TrainingRows,
  known: Omit<KnownClasses, "modelNames"> = {},
): Classes {
  const rows = joinRows([train, validation]);
  if (!hasLabels(goal)) return { count: 0, ids: new Map() };
  if (problemOn(model.config, problem) === "regression") return { count: 1, ids: new Map() };
  const ofFile = adapter && { isTrained: true, adapterNames: decodeClassNames(adapter.metadata) };
  return numberClasses(rows, { modelNames: model.config.labelNames, ...ofFile, ...given(known) });
}

/** What an adapter's file says of the classes. */
export function classMetadata({ ids }: Classes, { problem }: LabelMeaning): ReadonlyMap<string, string> {
  return new Map([
    ...(ids.size === 0 ? [] : [[classNamesKey, encodeClassNames(ids)] as const]),
    ...(problem === undefined || problem === "single_label_classification" ? [] : [[problemKey, problem] as const]),
  ]);
}
