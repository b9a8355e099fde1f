// Turns rows into examples and collects all problems of a file, so that one error reports them together.

import { type LowrankError, listed } from "@lowrank/contracts";
import { enumerated, isObject, maxListed } from "@lowrank/contracts/internal";
import { DataError, dataFileError, type RowProblem } from "../errors.ts";
import type { Example } from "../example.ts";
import { withNamedFile } from "../row-forms/media-forms.ts";
import { promptForms } from "../row-forms/prompt-forms.ts";
import { describe, type Fields, isRefusal, type Refusal, type RowForm } from "../row-forms/row-form.ts";
import { isField, knownFields, predictionForms, rowForms } from "../row-forms/row-forms.ts";
import { withFileNames } from "./file-names.ts";
import {
  columnsOption,
  guessColumns,
  looksLikeRow,
  type NearestForm,
  nearestColumn,
  nearestForm,
} from "./guess-columns.ts";
import { LabelKinds } from "./label-kinds.ts";
import { rowsOfTask } from "./nested-rows.ts";
import { type ReadLimits, type ReadOptions, readLimits } from "./read-options.ts";

type ColumnPairs = readonly (readonly [field: string, column: string])[];

/** Receives a file's rows one by one; `finish` returns the examples or throws the problems. */
export class ExampleCollector {
  readonly limits: ReadLimits;
  readonly #columns: ColumnPairs | undefined;
  readonly #remembered: ColumnPairs;
  readonly #unit: "line" | "row";
  readonly #onBrokenRows: ReadOptions["onBrokenRows"];
  readonly #onPredictionRow: ReadOptions["onPredictionRow"];
  readonly #onIgnoredColumn: ReadOptions["onIgnoredColumn"];
  readonly #locate: ReadOptions["locate"];
  readonly #asPrompts: boolean;
  #examples: Example[] = [];
  readonly #problems: RowProblem[] = [];
  readonly #labels = new LabelKinds();
  /** The index of each problem in `#problems`. */
  readonly #indices = new Map<string, number>();
  /** Advice for problems of columns. */
  readonly #advice: string[] = [];
  #problemCount = 0;
  #rows = 0;
  #good = 0;

  constructor(options: ReadOptions, unit: "line" | "row" = "line") {
    this.limits = readLimits(options);
    this.#columns = options.columns === undefined ? undefined : Object.entries(options.columns);
    // A caller that passes one of the two knows the file.
    const remembered = options.header === undefined ? (options.remembered?.columns ?? {}) : {};
    this.#remembered = Object.entries(remembered);
    this.#unit = unit;
    this.#onBrokenRows = options.onBrokenRows;
    this.#onPredictionRow = options.onPredictionRow;
    this.#onIgnoredColumn = options.onIgnoredColumn;
    this.#locate = options.locate;
    this.#asPrompts = options.asPrompts === true;
  }

  /** Adds a parsed row. */
  add(row: number, value: unknown): void {
    this.#count();
    if (value instanceof Map) this.#addFields(row, value);
    else if (!isObject(value)) this.#refuse(row, { expected: "an object", found: describe(value) });
    else for (const fields of rowsOfTask(value)) this.#addFields(row, new Map(Object.entries(fields)));
  }

  /** Adds a row that could not be parsed. */
  refuse(row: number, refusal: Refusal): void {
    this.#count();
    this.#refuse(row, refusal);
  }

  /** The examples since the last call, so that a large file's examples are not all in memory. */
  take(): Example[] {
    const newExamples = this.#examples;
    this.#examples = [];
    return newExamples;
  }

  /**
   * The examples that were not taken. Throws DATA_UNREADABLE_FILE if there was no row. Throws DataError if all rows are broken, or if
   * any row is broken and there is no `onBrokenRows`.
   */
  finish(): Example[] {
    if (this.#problemCount > 0) {
      const advice = this.#problems.length === 1 ? this.#advice[0] : undefined;
      const facts = { count: this.#problemCount, unit: this.#unit, advice };
      const error = new DataError(this.limits.file, this.#problems, facts);
      if (this.#onBrokenRows === undefined || this.#good === 0) throw error;
      this.#onBrokenRows(error);
    }
    if (this.#good === 0) throw dataFileError(this.limits.file, "it has no rows.");
    return this.take();
  }

  #count(): void {
    this.#rows += 1;
    const { file, maxRows } = this.limits;
    if (this.#rows > maxRows) throw dataFileError(file, `it has more than ${maxRows} rows. Raise maxRows to read it.`);
  }

  #addFields(row: number, fields: Fields): void {
    const read = this.#read(fields);
    const result = isRefusal(read) ? read : this.#located(read);
    const refusal = isRefusal(result) ? result : this.#labels.add(row, result, this.#unit);
    if (refusal !== undefined) this.#refuse(row, refusal);
    else if (!isRefusal(result)) {
      this.#onPredictionRow?.(result, fields);
      this.#good += 1;
      this.#examples.push(result);
    }
  }

  #located(example: Example): Example | Refusal {
    const locate = this.#locate;
    if (locate === undefined) return example;
    const refused: string[] = [];
    const found = withFileNames(example, (name) => {
      const place = locate(name);
      if (place === undefined) refused.push(name);
      return place ?? "";
    });
    if (refused.length === 0) return found;
    return {
      expected: "files in the row itself, such as data URLs",
      found: `the name or address ${describe(refused[0])}`,
    };
  }

  #read(fields: Fields): Example | Refusal {
    const columns = this.#columns ?? this.#rememberedIn(fields);
    if (columns === this.#columns && columns.some(([field]) => !isField(field)))
      throw unknownFields(this.limits.file, columns, fields);
    if (columns.some(([, column]) => !fields.has(column))) return missingColumns(columns, fields);
    const named: Fields =
      columns.length === 0
        ? withNamedFile(fields)
        : new Map(columns.map(([field, column]) => [field, fields.get(column)]));
    const isForPrediction = this.#onPredictionRow !== undefined;
    const renamed = isForPrediction ? withBlanks(named) : named;
    const forms = this.#asPrompts ? promptForms : isForPrediction ? predictionForms : rowForms;
    const form = forms.find(({ keys }) => keys.every((key) => renamed.has(key)));
    if (form === undefined) return this.#asPrompts ? noPrompt(fields) : this.#unknownForm(fields);
    const example = form.read(renamed);
    if (!isRefusal(example) && example.kind === "prompt") return { ...example, row: Object.fromEntries(fields) };
    if (this.#good === 0) this.#noteIgnored(fields, columns, form);
    return example;
  }

  #noteIgnored(fields: Fields, columns: ColumnPairs, form: RowForm): void {
    const used = new Map(columns.map(([field, column]) => [column, field]));
    const isRead = (name: string) => isField(columns.length === 0 ? name : (used.get(name) ?? ""), form.fields);
    for (const name of fields.keys()) if (!isRead(name)) this.#onIgnoredColumn?.(name);
  }

  /** Rows for prediction may lack the columns of the answer. */
  #rememberedIn(fields: Fields): ColumnPairs {
    const present = this.#remembered.filter(([, column]) => fields.has(column));
    return this.#onPredictionRow !== undefined || present.length === this.#remembered.length ? present : [];
  }

  /** Finding the advice is slow, so it is found once for rows with the same columns, and only for problems that are listed. */
  #unknownForm(fields: Fields): Refusal {
    const found = keysOf(fields);
    const isListed = this.#indices.has(`${knownForms}\n${found}`) || this.#problems.length >= maxListed;
    return { expected: knownForms, found, ...(isListed ? {} : { advice: adviceFor(fields) }) };
  }

  #refuse(row: number, refusal: Refusal): void {
    this.#problemCount += 1;
    const { advice, ...problem } = refusal;
    const key = `${problem.expected}\n${problem.found}`;
    const index = this.#indices.get(key) ?? -1;
    const earlier = this.#problems[index];
    if (earlier !== undefined) {
      const { more = 0, moreRows = [] } = earlier;
      this.#problems[index] = { ...earlier, more: more + 1, moreRows: [...moreRows, row].slice(0, 4) };
      return;
    }
    // Further problems are only counted: a wrong file may have millions.
    if (this.#problems.length >= maxListed) return;
    if (advice !== undefined) this.#advice.push(advice);
    this.#indices.set(key, this.#problems.length);
    this.#problems.push({ row, ...problem });
  }
}

/** Refuses a mapping to a field that does not exist. Its column would be ignored silently. */
function unknownFields(file: string, columns: ColumnPairs, fields: Fields): LowrankError {
  const unknown = listed(columns.map(([field]) => field).filter((field) => !isField(field)));
  const advice = meantMapping(columns, [...fields.keys()]) ?? `Rows have the fields ${[...knownFields].join(", ")}.`;
  return dataFileError(file, `the column mapping has unknown fields: ${unknown}. ${advice}`);
}

/** The mapping with the nearest fields and columns, in the right order; undefined if there is none. */
function meantMapping(columns: ColumnPairs, names: readonly string[]): string | undefined {
  const corrected = columns.map(([field, column]) => {
    if (names.includes(column)) return [isField(field) ? field : nearestColumn(field, [...knownFields]), column];
    return names.includes(field) && isField(column) ? [column, field] : [field, nearestColumn(column, names)];
  });
  if (corrected.flat().includes(undefined)) return undefined;
  return `Did you mean ${columnsOption(Object.fromEntries(corrected))}? (The field comes first, then the column.)`;
}

/** The row with an empty value for each answer, so that it matches a form. */
function withBlanks(fields: Fields): Fields {
  const { labels: _, label: __, ...rest } = Object.fromEntries(fields);
  const hasAudio = fields.has("audio") || fields.has("input_features");
  return new Map<string, unknown>([
    ...Object.entries(rest),
    ...(hasAudio ? [["text", ""] as const] : [["label", 0] as const]),
    ["answers", { text: [], answer_start: [] }],
  ]);
}

function keysOf(fields: Fields): string {
  const keys = [...fields.keys()];
  const listed = keys.slice(0, 8).map((key) => describe(key).replace("the string ", ""));
  return `the keys ${listed.join(", ") || "(none)"}${keys.length > listed.length ? ", …" : ""}`;
}

function noPrompt(fields: Fields): Refusal {
  const advice = 'Map the column of the prompt: `columns: { prompt: "a" }`. The reward receives all columns.';
  return {
    expected: 'a row with "prompt", "messages", "conversations" or "instruction"',
    found: keysOf(fields),
    advice,
  };
}

function missingColumns(columns: readonly (readonly [string, string])[], fields: Fields): Refusal {
  const names = [...fields.keys()];
  const missing = columns.filter(([, column]) => !fields.has(column)).map(([, column]) => column);
  const advice = meantMapping(columns, names) ?? `There is no column ${listed(missing)}. Name columns of the file.`;
  return { expected: `the columns ${listed(missing)}`, found: keysOf(fields), advice };
}

/** Only the common forms: a list of all would hide the advice. */
const knownForms = "a row in a supported format, such as prompt/completion, messages, sentence/label or text";

function adviceFor(fields: Fields): string {
  const names = [...fields.keys()];
  if (looksLikeRow(names)) {
    return 'If the first line is already a row, name the columns in order, such as `header: ["sentence", "label"]`.';
  }
  const nearest = nearestForm(names, rowForms);
  // A list is never a text.
  const plain = names.filter((name) => typeof fields.get(name) !== "object");
  const guesses = nearest?.missing.length === 0 ? [nearest.columns] : guessColumns(plain);
  if (guesses.length === 0) {
    if (nearest !== undefined) return completed(nearest, names);
    return plain.length === 0 && names.length > 0 ? noTexts : anyColumns;
  }
  const [guess, ...others] = guesses.map((each) => enumerated(Object.keys(each), " and "));
  const [option, ...otherOptions] = guesses.map(columnsOption);
  const besides = others.map((each, index) => `; if ${each}, use ${otherOptions[index]}`);
  return `If they are ${guess}, use ${option}${besides.join("")}.`;
}

const anyColumns = 'Map fields to columns, such as `columns: { prompt: "a", completion: "b" }`.';
const noTexts =
  "No column is a text. Give rows of words and tags as `input_ids` and `labels`: one class for each token, -100 for none.";

/** Names the fields that a row lacks, and the option that maps them to columns. */
function completed({ name, columns, missing }: NearestForm, names: readonly string[]): string {
  const free = names.filter((each) => !Object.values(columns).includes(each));
  const lacking = `The nearest format is ${name}; this row lacks ${enumerated(missing)}`;
  if (free.length === 0) return `${lacking}.`;
  const example = missing.map((field) => [field, free.length === 1 && missing.length === 1 ? free[0] : "…"]);
  return `${lacking}. If the file has it under another name, use ${columnsOption({ ...columns, ...Object.fromEntries(example) })}.`;
}
