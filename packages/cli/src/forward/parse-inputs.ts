// inputs.json of `lowrank forward`: integer matrices, every fault named at once.

import { InvalidInputsError } from "../errors.ts";

/** A matrix of integers, row-major. */
export interface IntegerMatrix {
  readonly rows: number;
  readonly columns: number;
  readonly values: Int32Array;
}

/** What the model allows. */
export interface InputLimits {
  readonly vocabSize: number;
  /** How many token types it has; absent where it takes none. */
  readonly tokenTypes?: number;
  /** What a label is: a class for each row, a token for each position, or nothing that it could compute a loss from. */
  readonly labels: { readonly kind: "row" | "position"; readonly count: number } | { readonly kind: "none" };
}

/** Checked inputs of one forward pass. */
export interface ForwardInputs {
  /** [batch, time] */
  readonly inputIds: IntegerMatrix;
  /** [batch, time] */
  readonly attentionMask?: IntegerMatrix;
  /** [batch, time] */
  readonly tokenTypeIds?: IntegerMatrix;
  /** [batch, time], or [batch, 1] for a label a row. */
  readonly labels?: IntegerMatrix;
}

const ignored = -100;
const otherModels = new Map([
  ["decoder_input_ids", "encoder–decoder models"],
  ["pixel_values", "image models"],
]);

/** Parses and checks the file's text; throws InvalidInputsError with every fault. */
export function parseInputs(file: string, text: string, limits: InputLimits): ForwardInputs {
  const faults: string[] = [];
  const given = readObject(text, faults);
  const inputIds = readMatrix(given, "input_ids", { min: 0, max: limits.vocabSize - 1 }, faults);
  if (!given.has("input_ids")) faults.push('"input_ids" is missing: expected a matrix such as [[1, 2, 3]]');
  const attentionMask = readMatrix(given, "attention_mask", { min: 0, max: 1 }, faults);
  const tokenTypeIds = readTokenTypes(given, limits, faults);
  const labels = readLabels(given, limits, faults);
  for (const key of given.keys()) if (!knownKeys.has(key)) faults.push(unknownKey(key));
  if (inputIds !== undefined) {
    checkShape("attention_mask", attentionMask, inputIds, faults);
    checkShape("token_type_ids", tokenTypeIds, inputIds, faults);
    const perRow = limits.labels.kind === "row";
    checkShape("labels", labels, perRow ? { rows: inputIds.rows, columns: 1 } : inputIds, faults);
  }
  if (faults.length > 0 || inputIds === undefined) throw new InvalidInputsError(file, faults);
  return {
    inputIds,
    ...(attentionMask === undefined ? {} : { attentionMask }),
    ...(tokenTypeIds === undefined ? {} : { tokenTypeIds }),
    ...(labels === undefined ? {} : { labels }),
  };
}

const knownKeys = new Set(["input_ids", "attention_mask", "token_type_ids", "labels"]);

function unknownKey(key: string): string {
  const owner = otherModels.get(key);
  if (owner !== undefined) return `"${key}" is for ${owner}, not for this model: remove it`;
  return `"${key.slice(0, 60)}" is unknown: expected ${[...knownKeys].join(", ")}`;
}

function readObject(text: string, faults: string[]): ReadonlyMap<string, unknown> {
  try {
    const value: unknown = JSON.parse(text);
    if (typeof value === "object" && value !== null && !Array.isArray(value)) return new Map(Object.entries(value));
    faults.push('expected a JSON object such as {"input_ids": [[1, 2, 3]]}');
  } catch (error) {
    faults.push(`it is not JSON: ${error instanceof Error ? error.message : String(error)}`);
  }
  return new Map();
}

function readTokenTypes(given: ReadonlyMap<string, unknown>, limits: InputLimits, faults: string[]) {
  if (limits.tokenTypes !== undefined) {
    return readMatrix(given, "token_type_ids", { min: 0, max: limits.tokenTypes - 1 }, faults);
  }
  if (given.has("token_type_ids")) faults.push('"token_type_ids" is not taken by this model: remove it');
  return undefined;
}

function readLabels(given: ReadonlyMap<string, unknown>, limits: InputLimits, faults: string[]) {
  if (!given.has("labels")) return undefined;
  if (limits.labels.kind === "none") {
    faults.push('"labels" is given, but this model has no head to compute a loss with: remove it, or choose a --task');
    return undefined;
  }
  const range = { min: 0, max: limits.labels.count - 1, also: ignored };
  if (limits.labels.kind === "position") return readMatrix(given, "labels", range, faults);
  const labels = given.get("labels");
  // A label a row is written [1, 0]; [[1], [0]] is understood as well.
  const column = Array.isArray(labels) ? labels.map((label) => (Array.isArray(label) ? label : [label])) : labels;
  return readMatrix(new Map([["labels", column]]), "labels", range, faults);
}

interface Range {
  readonly min: number;
  readonly max: number;
  readonly also?: number;
}

function readMatrix(
  given: ReadonlyMap<string, unknown>,
  key: string,
  range: Range,
  faults: string[],
): IntegerMatrix | undefined {
  const rows = given.get(key);
  if (rows === undefined) return undefined;
  if (!Array.isArray(rows) || rows.length === 0 || !rows.every((row) => Array.isArray(row) && row.length > 0)) {
    faults.push(`"${key}": expected a matrix of whole numbers such as [[1, 2, 3]], with at least one row and column`);
    return undefined;
  }
  const columns: number = rows[0].length;
  const ragged = rows.findIndex((row) => row.length !== columns);
  if (ragged !== -1) {
    const advice = "pad the shorter rows and mark the padding with 0 in attention_mask";
    faults.push(`"${key}": row ${ragged} has ${rows[ragged].length} numbers, row 0 has ${columns}; ${advice}`);
    return undefined;
  }
  const values: readonly unknown[] = rows.flat();
  const wrong = values.findIndex((value) => !isInRange(value, range));
  if (wrong !== -1) {
    const place = `row ${Math.floor(wrong / columns)}, column ${wrong % columns}`;
    const also = range.also === undefined ? "" : ` or ${range.also}`;
    const got = JSON.stringify(values[wrong])?.slice(0, 40);
    faults.push(`"${key}": ${place} is ${got}; expected a whole number from ${range.min} to ${range.max}${also}`);
    return undefined;
  }
  return { rows: rows.length, columns, values: Int32Array.from(values, Number) };
}

function isInRange(value: unknown, { min, max, also }: Range): boolean {
  if (typeof value !== "number" || !Number.isInteger(value)) return false;
  return (value >= min && value <= max) || value === also;
}

function checkShape(
  key: string,
  matrix: IntegerMatrix | undefined,
  expected: { readonly rows: number; readonly columns: number },
  faults: string[],
): void {
  if (matrix === undefined || (matrix.rows === expected.rows && matrix.columns === expected.columns)) return;
  faults.push(`"${key}": is [${matrix.rows}, ${matrix.columns}]; expected [${expected.rows}, ${expected.columns}]`);
}
