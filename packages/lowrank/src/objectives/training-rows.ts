// The training rows and the validation rows.

import type { Task } from "@lowrank/contracts/families";
import { type Example, ExampleError } from "@lowrank/data";
import {
  type ImageInput,
  labelledPairs,
  type ProblemType,
  type RowList,
  type Split,
  selectRows,
  splitIndices,
} from "@lowrank/data/internal";
import { checkClassNumbers, rowClasses, tokenClasses } from "../rows/classes/class-numbers.ts";
import { checkProblem, problemOf } from "../rows/classes/problem-type.ts";
import { defaultValidationShare, inOrder, type RowFile, textsOf } from "../rows/row-kinds.ts";
import type { LearnedRows } from "./objective.ts";
import { objectives, type RowSurvey, surveyRows } from "./objectives.ts";
import { chosenAnswers, countPreferences } from "./preferences/chosen-answers.ts";

export interface TrainingRowsRequest {
  readonly data: RowFile;
  /** Validation rows: measured, never trained on. */
  readonly validation?: RowFile | undefined;
  /** Part of the data to hold out for validation, with rows of the same prompt together; default: from the number of rows; 0: none. */
  readonly validationShare?: number | undefined;
  readonly seed: number;
  readonly task: Task | undefined;
  /** Kind of labels, if the labels do not decide it. */
  readonly problem?: ProblemType | undefined;
  /** "answers" turns preference pairs into rows of text, as do most heads that do not generate text; "reward" trains a reward model. */
  readonly loss?: string | undefined;
}

export interface TrainingRows extends RowSurvey, LearnedRows {
  /** Kind of labels; undefined if neither the labels nor an option decide it. */
  readonly problem?: ProblemType | undefined;
  /** Part of the data that was held out for validation; 0: none. */
  readonly heldOut: number;
  /** Number of preference pairs, of which only the chosen answers are here. */
  readonly preferences: number;
}

/** Splits off validation rows. Throws a DataError for rows of another objective than the first row, or for invalid class numbers. */
export function trainingRows(request: TrainingRowsRequest): TrainingRows {
  const rows = splitRows(request);
  const [isClassifier, isPreference] = [request.task === "sequence-classification", rows.kinds.has("preference")];
  if (isPreference && (isClassifier || request.loss === "reward"))
    return { ...rows, objective: objectives.rewardModels, problem: "regression" };
  return rows.objective.mayKeepClassifier === true && isClassifier ? asPairs(rows) : rows;
}

/** Texts to compare, as pairs for a cross-encoder. All pairs of a query are on the same side of the split. */
function asPairs(rows: TrainingRows): TrainingRows {
  const [train, validation] = [labelledPairs(rows.train), labelledPairs(rows.validation)];
  const numbers = {
    train: (pair: number) => rows.numbers.train(train.rowOf(pair)),
    validation: (pair: number) => rows.numbers.validation(validation.rowOf(pair)),
  };
  const objective = objectives.ranking;
  return { ...rows, objective, problem: "regression", train: train.pairs, validation: validation.pairs, numbers };
}

function splitRows(request: TrainingRowsRequest): TrainingRows {
  const { validationShare, seed, task, loss } = request;
  const learnsPairs = task === undefined || task === "causal-lm" || task === "sequence-classification";
  const asAnswers = loss === "answers" || !learnsPairs;
  const preferences = asAnswers ? countPreferences(request.data.rows) : 0;
  const asRows = (file: RowFile) => (asAnswers ? answersIn(file) : file);
  const [data, validation] = [asRows(request.data), request.validation && asRows(request.validation)];
  const { objective, kinds } = surveyRows(data.name, data.rows);
  const classes = task === "token-classification" ? tokenClasses : rowClasses;
  const isLabelled = objective.hasLabels === true || task === "token-classification";
  const problem = request.problem ?? (isLabelled ? problemOf(data.rows) : undefined);
  const check = (file: RowFile) => {
    if (!isLabelled) return; // going through rows on a disk takes seconds
    if (problem !== undefined) checkProblem(file.name, file.rows, { problem, rowOf: (_, index) => index + 1 });
    if (problem !== "regression") checkClassNumbers(file.name, file.rows, classes);
  };
  check(data);
  const { name: file, rows } = data;
  if (validation !== undefined) {
    surveyRows(validation.name, validation.rows, objective);
    check(validation);
  }
  const [given, validationFile] = [validation?.rows ?? [], validation?.name ?? file];
  const usedShare = validation === undefined ? (validationShare ?? defaultValidationShare(rows.length)) : 0;
  const split = { share: usedShare, seed, isExplicit: validationShare !== undefined };
  const places = usedShare === 0 ? undefined : placesOf(rows, split);
  const shared = { objective, kinds, file, validationFile, problem, preferences };
  if (places === undefined) {
    const numbers = { train: inOrder, validation: inOrder };
    return { ...shared, train: rows, validation: given, heldOut: 0, numbers };
  }
  const numbered = (of: readonly number[]) => (index: number) => (of[index] ?? index) + 1;
  const numbers = { train: numbered(places.train), validation: numbered(places.validation) };
  const [train, held] = [selectRows(rows, places.train), selectRows(rows, places.validation)];
  return { ...shared, train, validation: held, heldOut: usedShare, numbers };
}

/** Undefined if the rows have too few different inputs; if the share was set explicitly, throws an ExampleError instead. */
function placesOf(
  rows: RowList<Example>,
  { isExplicit, ...split }: { readonly share: number; readonly seed: number; readonly isExplicit: boolean },
): Split<number> | undefined {
  try {
    return splitIndices(rows, (example) => hashOf(inputOf(example)), split);
  } catch (error) {
    if (isExplicit || !(error instanceof ExampleError)) throw error;
    return undefined;
  }
}

function answersIn({ name, rows }: RowFile): RowFile {
  return { name, rows: chosenAnswers(rows) };
}

/** A hash of a text or an image: two FNV-1a hashes in 53 bits. Equal hashes are on the same side of the split. */
function hashOf(input: string | ArrayLike<number>): number {
  let low = 0x811c9dc5;
  let high = 0x01000193;
  for (let at = 0; at < input.length; at += 1) {
    const unit = typeof input === "string" ? input.charCodeAt(at) : (input[at] ?? 0);
    low = Math.imul(low ^ unit, 0x01000193);
    high = Math.imul(high ^ (unit + at), 0x01000193);
  }
  return (high >>> 11) * 2 ** 32 + (low >>> 0);
}

/** The prompt of a row; rows with the same prompt belong on the same side of the split. */
function inputOf(row: Example): string | ArrayLike<number> {
  const [example] = textsOf(row);
  switch (example.kind) {
    case "completion":
      return example.prompt;
    case "instruction":
      return JSON.stringify([example.instruction, example.input]);
    case "text":
      return example.text;
    case "chat":
      return JSON.stringify(
        example.messages.filter((message) => message.role !== "assistant"),
        (_, value: unknown) => (value instanceof Uint8Array ? hashOf(value) : value),
      );
    case "sentence":
      return JSON.stringify([example.sentence, example.pair]);
    case "question":
      return JSON.stringify([example.question, example.context]);
    case "choice":
      return example.about;
    case "comparison":
      return example.texts[0] ?? "";
    case "image":
      return pictureOf(example.image);
    case "audio":
    case "speech":
      return example.text;
    case "tokens":
    case "span":
      return example.inputIds.join();
  }
}

/** An image's name or bytes, or the name and size of a Blob, whose bytes cannot be read synchronously. */
function pictureOf(image: ImageInput): string | ArrayLike<number> {
  if (typeof image === "string" || image instanceof Uint8Array) return image;
  if ("data" in image) return image.data;
  if ("factor" in image) return image.bytes;
  return JSON.stringify([image.size, image.type, "name" in image ? image.name : undefined]);
}
