// Everything before the first step of a run, for a loaded model and a planned adapter.

import { isObject } from "@lowrank/contracts/internal";
import { DataError } from "@lowrank/data";
import { concatRows, type LabelMeaning, type RowProblem } from "@lowrank/data/internal";
import type { PretrainedModel } from "@lowrank/models";
import { trainingOptionsError } from "@lowrank/trainer/internal";
import { rowsTask } from "../errors/library-errors.ts";
import { WrongTaskError } from "../errors/model-errors.ts";
import type { Notices } from "../notices.ts";
import { type TrainingRows, trainingRows } from "../objectives/training-rows.ts";
import { omitUndefined } from "../omit-undefined.ts";
import { problemKey } from "../open/adapter-problem.ts";
import type { OpenedBase } from "../open/open-base.ts";
import { isOneClass, type RunToCheck } from "../options/acts-on.ts";
import { optionEntries } from "../options/all-options.ts";
import type { Platform, RowsInput } from "../platform.ts";
import {
  type Classes,
  classNamesKey,
  decodeClassNames,
  encodeClassNames,
  type KnownClasses,
  numberClasses,
} from "../rows/classes/class-names.ts";
import { checkProblem, problemOn } from "../rows/classes/problem-type.ts";
import { type ColumnOptions, readRows } from "../rows/read-rows.ts";
import { isAudio } from "../rows/row-kinds.ts";

/** Refuses rows that do not fit the head. Throws ROWS_TASK, WrongTaskError, and DataError for text instead of audio or the reverse. */
export function refuseUntrainable(model: PretrainedModel, rows: TrainingRows): void {
  const { task, modelType, config } = model;
  const needed = rows.objective.task;
  if (needed !== undefined && needed !== task) throw rowsTask(rows.file, task, needed);
  if (task === "multiple-choice") {
    const advice = "A row of a data file is one text. To train on your own batches, use @lowrank/trainer.";
    throw new WrongTaskError(modelType, task, "Training on rows of text", advice);
  }
  refuseOtherMedia(rows, config.melBins > 0);
  rows.objective.refuse?.(model, rows);
}

function refuseOtherMedia({ file, kinds, train, numbers }: TrainingRows, isSpeech: boolean): void {
  if ([...kinds].every((kind) => isAudio(kind) === isSpeech)) return;
  const expected = isSpeech
    ? 'a row with "audio" or "input_features", and "text": this is a speech model'
    : "a row of text: this model has no audio input, unlike Whisper";
  const problems = train.flatMap((example, index): RowProblem[] => {
    if (isAudio(example.kind) === isSpeech) return [];
    return [{ row: numbers.train(index), found: `a "${example.kind}" row`, expected }];
  });
  if (problems.length > 0) throw new DataError(file, problems.slice(0, 10), { count: problems.length, unit: "row" });
}

/** The meaning of labels for the model. Throws a DataError that names the rows whose label does not fit its classifier. */
export function labelMeaning(
  { config }: Pick<PretrainedModel, "config">,
  { objective, file, train, validation, validationFile, problem: ofRows, numbers }: TrainingRows,
  { ids }: Classes,
): LabelMeaning {
  if (objective.hasLabels !== true) return {};
  const problem = problemOn(config, ofRows);
  checkProblem(file, train, { problem, rowOf: (_, index) => numbers.train(index) });
  checkProblem(validationFile, validation, { problem, rowOf: (_, index) => numbers.validation(index) });
  return { labelIds: ids, problem, classes: config.labels };
}

/** The classes of rows with labels. Known names keep their numbers. Throws ClassNameError. */
export function classesOf(
  { model, adapter }: Pick<OpenedBase, "model" | "adapter">,
  { objective, train, validation, problem }: TrainingRows,
  known: Omit<KnownClasses, "modelNames"> = {},
): Classes {
  const rows = concatRows([train, validation]);
  if (objective.hasLabels !== true) return { count: 0, ids: new Map() };
  if (problemOn(model.config, problem) === "regression") return { count: 1, ids: new Map() };
  const ofFile = adapter && { isTrained: true, adapterNames: decodeClassNames(adapter.metadata) };
  return numberClasses(rows, { modelNames: model.config.labelNames, ...ofFile, ...omitUndefined(known) });
}

export function classMetadata({ ids }: Classes, { problem }: LabelMeaning): ReadonlyMap<string, string> {
  return new Map([
    ...(ids.size === 0 ? [] : [[classNamesKey, encodeClassNames(ids)] as const]),
    ...(problem === undefined || isOneClass(problem) ? [] : [[problemKey, problem] as const]),
  ]);
}

export function runToCheck(
  { task }: Pick<PretrainedModel, "task">,
  { objective, train, validation, preferences }: TrainingRows,
  { labels, config }: { readonly labels: LabelMeaning } & Pick<RunToCheck, "config">,
): RunToCheck {
  const [kind, hasValidation] = [train.at(0)?.kind, validation.length > 0];
  return { objective, task, kind, problem: labels.problem, areChosen: preferences > 0, hasValidation, config };
}

/** Throws a TRAINING_OPTIONS that names every option without effect in this run; the value 0 is allowed. */
export function refuseIdleOptions(run: RunToCheck, options: object): void {
  const optionValues = Object.fromEntries(Object.entries(options));
  const idle = optionEntries(options).flatMap(([name, value, { actsOn = [] }]) => {
    const rules = [actsOn].flat().filter(({ acts }) => value !== 0 && !acts(run, optionValues));
    return rules.map(({ runs }) => `${name}: has no effect in this run, it is for ${runs}`);
  });
  if (idle.length > 0) throw trainingOptionsError(idle);
}

interface RowsSettings extends ColumnOptions {
  readonly validation?: RowsInput | undefined;
  readonly validationShare?: number | undefined;
  /** "answers" turns preference pairs into rows of text. */
  readonly loss?: string | undefined;
  /** Learning from rewards reads rows as prompts. */
  readonly objective?: string | undefined;
}

/** Reads training and validation rows, unless they are already read. Throws DataError, DATA_UNREADABLE_FILE. */
export async function readTrainingRows(
  input: RowsInput | TrainingRows,
  { columns, header, onBrokenRows, validation, validationShare, loss, objective }: RowsSettings,
  run: {
    readonly platform: Platform;
    readonly opened: Pick<OpenedBase, "model">;
    readonly notices: Notices;
    readonly seed: number;
  },
): Promise<TrainingRows> {
  if (areTrainingRows(input)) return input;
  const { platform, opened, notices, seed } = run;
  const asPrompts = objective !== undefined;
  const how = { platform, columns: omitUndefined({ columns, header, onBrokenRows, asPrompts }), context: { notices } };
  const data = await readRows(input, how);
  const validationRows = validation === undefined ? undefined : await readRows(validation, how);
  const { task, config } = opened.model;
  const problem = config.labels === 1 ? "regression" : (config.problemType ?? undefined);
  return trainingRows({ data, validation: validationRows, validationShare, seed, task, problem, loss });
}

function areTrainingRows(input: RowsInput | TrainingRows): input is TrainingRows {
  return isObject(input) && "objective" in input;
}
