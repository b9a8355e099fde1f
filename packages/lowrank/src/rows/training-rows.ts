// The rows to train and to validate on.

import type { Task } from "@lowrank/contracts/families";
import {
  type Example,
  ExampleError,
  type ImageInput,
  judgedPairs,
  type ProblemType,
  pickRows,
  type RowList,
  type Split,
  splitPlaces,
} from "@lowrank/data";
import type { RowsInput } from "../platform.ts";
import { chosenAnswers, countPreferences } from "./chosen-answers.ts";
import { checkClassNumbers, rowClasses, tokenClasses } from "./classes/class-numbers.ts";
import { checkProblem, problemOf } from "./classes/problem-type.ts";
import { hasLabels, type RowSurvey, rowGoal, surveyRows } from "./row-kinds.ts";

/** Rows, and the file that messages name. */
export interface RowFile {
  readonly name: string;
  readonly rows: RowList<Example>;
}

/** The number of the row at a place. */
export type RowNumbers = (index: number) => number;

/** What to learn from. */
export interface TrainingRowsRequest {
  readonly data: RowFile;
  /** Rows that are measured on and not trained on. */
  readonly validation?: RowFile | undefined;
  /** The share of the data to hold out in their place, split by what a row is asked; default: by how many there are, 0: none. */
  readonly validationShare?: number | undefined;
  readonly seed: number;
  readonly task: Task | undefined;
  /** What a classifier is for, where it is not the labels that say it. */
  readonly problem?: ProblemType | undefined;
  /** "answers" makes rows of text of preferences, as does a head that does not go on with a text. */
  readonly loss?: string | undefined;
}

/** Rows of a run. */
export interface TrainingRows extends RowSurvey {
  /** What a classifier is for; undefined where neither the labels nor anybody says it. */
  readonly problem?: ProblemType | undefined;
  /** The file that the rows are from, for messages. */
  readonly file: string;
  readonly train: RowList<Example>;
  /** Empty where nothing is held out. */
  readonly validation: RowList<Example>;
  readonly validationFile: string;
  /** Which share of the data they are, where they were held out of it; 0: none was. */
  readonly heldOut: number;
  /** How many of them compared two answers, of which the chosen one alone is here. */
  readonly preferences: number;
  /** The numbers in their files, counted from 1, of the rows at a place: a split moves rows. */
  readonly numbers: Readonly<Record<"train" | "validation", RowNumbers>>;
}

const [fewestToHoldOut, shareHeldOut, mostHeldOut] = [50, 0.1, 200];

/** The share of the rows that is held out if no validation rows or share are given; 0 for none. */
export function defaultValidationShare(rows: number): number {
  return rows < fewestToHoldOut ? 0 : Math.min(shareHeldOut, mostHeldOut / rows);
}

/** Holds out what is asked for. Throws a DataError for rows that train something else than the first, or odd class numbers. */
export function trainingRows(request: TrainingRowsRequest): TrainingRows {
  const rows = splitRows(request);
  return rows.goal === "comparison" && request.task === "sequence-classification" ? asPairs(rows) : rows;
}

/** Texts to compare as pairs that a classifier with one output judges; a search is on one side of the split. */
function asPairs(rows: TrainingRows): TrainingRows {
  const [train, validation] = [judgedPairs(rows.train), judgedPairs(rows.validation)];
  const numbers = {
    train: (pair: number) => rows.numbers.train(train.rowOf(pair)),
    validation: (pair: number) => rows.numbers.validation(validation.rowOf(pair)),
  };
  return { ...rows, goal: "class", problem: "regression", train: train.pairs, validation: validation.pairs, numbers };
}

function splitRows(request: TrainingRowsRequest): TrainingRows {
  const { validationShare, seed, task, loss } = request;
  const asAnswers = loss === "answers" || (task !== undefined && task !== "causal-lm");
  const preferences = asAnswers ? countPreferences(request.data.rows) : 0;
  const taken = (file: RowFile) => (asAnswers ? answersIn(file) : file);
  const [data, validation] = [taken(request.data), request.validation && taken(request.validation)];
  const { goal, kinds } = surveyRows(data.name, data.rows);
  const classes = task === "token-classification" ? tokenClasses : rowClasses;
  const isLabelled = hasLabels(goal) || task === "token-classification";
  const problem = request.problem ?? (isLabelled ? problemOf(data.rows) : undefined);
  const check = (file: RowFile) => {
    if (!isLabelled) return; // going through rows on a disk takes seconds
    if (problem !== undefined) checkProblem(file.name, file.rows, { problem, rowOf: (_, index) => index + 1 });
    if (problem !== "regression") checkClassNumbers(file.name, file.rows, classes);
  };
  check(data);
  const shared = { goal, kinds, file: data.name, problem, preferences };
  if (validation !== undefined) {
    rowGoal(validation.name, validation.rows, goal);
    check(validation);
    const numbers = { train: inOrder, validation: inOrder };
    return {
      ...shared,
      train: data.rows,
      validation: validation.rows,
      validationFile: validation.name,
      heldOut: 0,
      numbers,
    };
  }
  const validationFile = data.name;
  const heldOut = validationShare ?? defaultValidationShare(data.rows.length);
  const places =
    heldOut === 0 ? undefined : placesOf(data.rows, { share: heldOut, seed, isAsked: validationShare !== undefined });
  if (places === undefined) {
    const numbers = { train: inOrder, validation: inOrder };
    return { ...shared, train: data.rows, validation: [], validationFile, heldOut: 0, numbers };
  }
  const part = (of: readonly number[]) => pickRows(data.rows, of);
  const numbered = (of: readonly number[]) => (index: number) => (of[index] ?? index) + 1;
  const numbers = { train: numbered(places.train), validation: numbered(places.validation) };
  return {
    ...shared,
    train: part(places.train),
    validation: part(places.validation),
    validationFile,
    heldOut,
    numbers,
  };
}

/** Undefined where the rows have too few different inputs, unless the share was asked for: that throws an ExampleError. */
function placesOf(
  rows: RowList<Example>,
  { isAsked, ...split }: { readonly share: number; readonly seed: number; readonly isAsked: boolean },
): Split<number> | undefined {
  try {
    return splitPlaces(rows, (example) => hashOf(inputOf(example)), split);
  } catch (error) {
    if (isAsked || !(error instanceof ExampleError)) throw error;
    return undefined;
  }
}

function answersIn({ name, rows }: RowFile): RowFile {
  return { name, rows: chosenAnswers(rows) };
}

/** Of rows that nobody moved. */
export const inOrder: RowNumbers = (index) => index + 1;

/**
 * A number for a text or a picture, so that millions of inputs need not be kept: two FNV-1a hashes in 53 bits. Two inputs with the same number
 * come to the same side, which is what a split is for.
 */
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

/** What a row is asked; rows with the same question belong on the same side of the split. */
function inputOf(example: Example): string | ArrayLike<number> {
  switch (example.kind) {
    case "completion":
      return example.prompt;
    case "instruction":
      return JSON.stringify([example.instruction, example.input]);
    case "text":
      return example.text;
    case "preference":
      return inputOf(example.chosen);
    case "judged":
      return inputOf(example.answer);
    case "chat":
      return JSON.stringify(example.messages.filter((message) => message.role !== "assistant"));
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

/** A picture's name, its bytes, or what a Blob, whose bytes cannot be read at once, says of itself. */
function pictureOf(image: ImageInput): string | ArrayLike<number> {
  if (typeof image === "string" || image instanceof Uint8Array) return image;
  if ("data" in image) return image.data;
  if ("factor" in image) return image.bytes;
  return JSON.stringify([image.size, image.type, "name" in image ? image.name : undefined]);
}

/** Whether rows were read already. */
export function isRead(input: RowsInput | RowFile): input is RowFile {
  return typeof input === "object" && "rows" in input;
}
