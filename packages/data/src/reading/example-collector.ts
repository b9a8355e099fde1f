// Turns rows into examples and gathers everything that is wrong with a file, so that one error tells it all.

import { mostListed } from "@lowrank/contracts";
import { DataError, DataFileError, type RowProblem } from "../errors.ts";
import type { Example } from "../example.ts";
import { describe, type Fields, isRefusal, type Refusal } from "../row-forms/row-form.ts";
import { rowForms } from "../row-forms/row-forms.ts";
import { LabelKinds } from "./label-kinds.ts";
import { type ReadLimits, type ReadOptions, readLimits } from "./read-options.ts";

/** Receives a file's rows one by one; `finish` gives the examples or throws what was wrong with them. */
export class ExampleCollector {
  readonly limits: ReadLimits;
  readonly #columns: readonly (readonly [field: string, column: string])[] | undefined;
  readonly #unit: "line" | "row";
  readonly #examples: Example[] = [];
  readonly #problems: RowProblem[] = [];
  readonly #labels = new LabelKinds();
  #problemCount = 0;
  #rows = 0;

  constructor(options: ReadOptions, unit: "line" | "row" = "line") {
    this.limits = readLimits(options);
    this.#columns = options.columns === undefined ? undefined : Object.entries(options.columns);
    this.#unit = unit;
  }

  /** Adds a row whose values were read. */
  add(row: number, value: unknown): void {
    this.#count();
    if (typeof value !== "object" || value === null || Array.isArray(value)) {
      this.#refuse(row, { expected: "an object", found: describe(value) });
      return;
    }
    this.#addFields(row, value instanceof Map ? value : new Map(Object.entries(value)));
  }

  /** Adds a row whose values could not be read. */
  refuse(row: number, refusal: Refusal): void {
    this.#count();
    this.#refuse(row, refusal);
  }

  /** The file's examples; throws DataError if any row was broken and DataFileError if there was none. */
  finish(): Example[] {
    if (this.#problemCount > 0) {
      throw new DataError(this.limits.file, this.#problems, this.#problemCount, this.#unit);
    }
    if (this.#examples.length === 0) throw new DataFileError(this.limits.file, "it has no rows.");
    return this.#examples;
  }

  #count(): void {
    this.#rows += 1;
    const { file, maxRows } = this.limits;
    if (this.#rows > maxRows)
      throw new DataFileError(file, `it has more than ${maxRows} rows; raise maxRows to read it.`);
  }

  #addFields(row: number, fields: Fields): void {
    const result = this.#read(fields);
    const refusal = isRefusal(result) ? result : this.#labels.add(row, result, this.#unit);
    if (refusal !== undefined) this.#refuse(row, refusal);
    else if (!isRefusal(result)) this.#examples.push(result);
  }

  #read(fields: Fields): Example | Refusal {
    const missing = (this.#columns ?? [])
      .filter(([, column]) => !fields.has(column))
      .map(([, column]) => `"${column}"`);
    if (missing.length > 0) return { expected: `the columns ${missing.join(", ")}`, found: keysOf(fields) };
    const renamed: Fields =
      this.#columns === undefined
        ? fields
        : new Map(this.#columns.map(([field, column]) => [field, fields.get(column)]));
    const form = rowForms.find(({ keys }) => keys.every((key) => renamed.has(key)));
    return form === undefined ? unknownForm(fields) : form.read(renamed);
  }

  #refuse(row: number, refusal: Refusal): void {
    this.#problemCount += 1;
    // More are only counted: a wrong file may have millions.
    if (this.#problems.length < mostListed) this.#problems.push({ row, ...refusal });
  }
}

function keysOf(fields: Fields): string {
  const keys = [...fields.keys()];
  const listed = keys.slice(0, 8).map((key) => describe(key).replace("the string ", ""));
  return `the keys ${listed.join(", ") || "(none)"}${keys.length > listed.length ? ", …" : ""}`;
}

function unknownForm(fields: Fields): Refusal {
  const forms = rowForms.map((form) => form.name).join(" · ");
  return { expected: `a row of one of the forms ${forms} (or other names, mapped by columns)`, found: keysOf(fields) };
}
