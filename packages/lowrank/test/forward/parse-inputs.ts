// inputs.json of `npm run forward`: integer matrices, every fault named at once.

import { itemized } from "@lowrank/contracts";
import { failure, isObject, JsonError, parseJson } from "@lowrank/contracts/internal";

import { omitUndefined } from "../../src/omit-undefined.ts";
import { choicesAsRows } from "./choice-rows.ts";
import { type ImageLimits, type PixelValues, readPixels } from "./read-pixels.ts";

/** A matrix of integers, row-major. */
export interface IntegerMatrix {
  readonly rows: number;
  readonly columns: number;
  readonly values: Int32Array;
}

export interface InputLimits {
  readonly vocabSize: number;
  /** Number of token types; absent if the model has none. */
  readonly tokenTypes?: number;
  /** Whether a second stack reads tokens of its own. */
  readonly hasDecoder?: boolean;
  /** Whether each example is several sequences of which one is to be chosen. */
  readonly isMultipleChoice?: boolean;
  readonly image?: ImageLimits;
  /** Whether it reads texts together with images. */
  readonly readsPairs?: boolean;
  /** The kind of labels: a class for each row, a token for each position, an answer's start and end, a target's tokens, or none. */
  readonly labels:
    | { readonly kind: "row" | "position" | "span" | "target"; readonly count: number }
    | { readonly kind: "none" };
}

export interface ForwardInputs {
  /** [batch, time], or [batch·choices, time]; absent for images alone. */
  readonly inputIds?: IntegerMatrix;
  /** How many neighbouring rows are the choices of one question. */
  readonly choices?: number;
  /** [batch, channels, height, width] */
  readonly pixelValues?: PixelValues;
  /** [batch, targetTime] */
  readonly decoderInputIds?: IntegerMatrix;
  /** With the shape of `inputIds`. */
  readonly attentionMask?: IntegerMatrix;
  /** With the shape of `inputIds`. */
  readonly tokenTypeIds?: IntegerMatrix;
  /** [batch, time], [batch, 1] for a label a row, or [batch, targetTime] with a decoder. */
  readonly labels?: IntegerMatrix;
}

const ignored = -100;
const otherModels = new Map([
  ["input_ids", "text models"],
  ["decoder_input_ids", "encoder–decoder models"],
  ["pixel_values", "image models"],
]);

/** Parses and checks the file's text; throws INVALID_INPUTS with every fault. */
export function parseInputs(file: string, text: string, limits: InputLimits): ForwardInputs {
  const faults: string[] = [];
  const object = readObject(text, faults);
  if (limits.image !== undefined && !limits.readsPairs)
    return parseImages(file, object, { ...limits, image: limits.image }, faults);
  const { fields, choices } = limits.isMultipleChoice ? choicesAsRows(object, faults) : { fields: object, choices: 1 };
  const inputIds = readMatrix(fields, "input_ids", { min: 0, max: limits.vocabSize - 1 }, faults);
  if (!fields.has("input_ids")) faults.push('"input_ids" is missing: expected a matrix such as [[1, 2, 3]]');
  const attentionMask = readMatrix(fields, "attention_mask", { min: 0, max: 1 }, faults);
  const tokenTypeIds = readTokenTypes(fields, limits, faults);
  const decoderInputIds = limits.hasDecoder
    ? readMatrix(fields, "decoder_input_ids", { min: 0, max: limits.vocabSize - 1 }, faults)
    : undefined;
  const pixelValues = limits.image && readPixels(fields.get("pixel_values"), limits.image, faults);
  const labels = readLabels(fields, limits, faults);
  const expectedKeys = [
    ...textKeys,
    ...(limits.hasDecoder ? ["decoder_input_ids"] : []),
    ...(limits.readsPairs ? ["pixel_values"] : []),
  ];
  for (const key of fields.keys()) if (!expectedKeys.includes(key)) faults.push(unknownKey(key, expectedKeys));
  if (limits.hasDecoder && decoderInputIds === undefined && labels === undefined && faults.length === 0) {
    faults.push('"decoder_input_ids" is missing: this model has a decoder. Give it, or labels to make it from');
  }
  if (inputIds !== undefined) {
    checkShape("attention_mask", attentionMask, inputIds, faults);
    checkShape("token_type_ids", tokenTypeIds, inputIds, faults);
    checkShape("decoder_input_ids", decoderInputIds, { ...inputIds, columns: decoderInputIds?.columns ?? 1 }, faults);
    checkShape("labels", labels, labelShape(inputIds, { limits, labels, decoderInputIds, choices }), faults);
  }
  if (faults.length > 0 || inputIds === undefined) throw invalidInputs(file, faults);
  return {
    inputIds,
    ...(limits.isMultipleChoice ? { choices } : {}),
    ...omitUndefined({ attentionMask, tokenTypeIds, decoderInputIds, pixelValues, labels }),
  };
}

const textKeys: readonly string[] = ["input_ids", "attention_mask", "token_type_ids", "labels"];
const imageKeys: readonly string[] = ["pixel_values", "labels"];

function parseImages(
  file: string,
  fields: ReadonlyMap<string, unknown>,
  limits: InputLimits & { readonly image: ImageLimits },
  faults: string[],
): ForwardInputs {
  const pixelValues = readPixels(fields.get("pixel_values"), limits.image, faults);
  const labels = readLabels(fields, limits, faults);
  for (const key of fields.keys()) if (!imageKeys.includes(key)) faults.push(unknownKey(key, imageKeys));
  if (pixelValues !== undefined) checkShape("labels", labels, { rows: pixelValues.shape[0], columns: 1 }, faults);
  if (faults.length > 0 || pixelValues === undefined) throw invalidInputs(file, faults);
  return { pixelValues, ...omitUndefined({ labels }) };
}

interface LabelFacts {
  readonly limits: InputLimits;
  readonly labels: IntegerMatrix | undefined;
  readonly decoderInputIds: IntegerMatrix | undefined;
  readonly choices: number;
}

function labelShape(
  inputIds: IntegerMatrix,
  { limits, labels, decoderInputIds, choices }: LabelFacts,
): { readonly rows: number; readonly columns: number } {
  if (limits.labels.kind === "row") return { rows: inputIds.rows / choices, columns: 1 };
  if (limits.labels.kind === "position") return inputIds;
  if (limits.labels.kind === "span") return { rows: inputIds.rows, columns: 2 };
  return { rows: inputIds.rows, columns: decoderInputIds?.columns ?? labels?.columns ?? 1 };
}

function unknownKey(key: string, expectedKeys: readonly string[]): string {
  const owner = otherModels.get(key);
  if (owner !== undefined) return `"${key}" is for ${owner}, not for this model: remove it`;
  return `"${key.slice(0, 60)}" is unknown: expected ${expectedKeys.join(", ")}`;
}

function readObject(text: string, faults: string[]): ReadonlyMap<string, unknown> {
  try {
    const value = parseJson(text);
    if (isObject(value)) return new Map(Object.entries(value));
    faults.push('expected a JSON object such as {"input_ids": [[1, 2, 3]]}');
  } catch (error) {
    faults.push(`it ${error instanceof JsonError ? error.reason : String(error)}`);
  }
  return new Map();
}

function readTokenTypes(fields: ReadonlyMap<string, unknown>, limits: InputLimits, faults: string[]) {
  if (limits.tokenTypes !== undefined) {
    return readMatrix(fields, "token_type_ids", { min: 0, max: limits.tokenTypes - 1 }, faults);
  }
  if (fields.has("token_type_ids")) faults.push('"token_type_ids" is not taken by this model: remove it');
  return undefined;
}

function readLabels(fields: ReadonlyMap<string, unknown>, limits: InputLimits, faults: string[]) {
  if (!fields.has("labels")) return undefined;
  if (limits.labels.kind === "none") {
    faults.push('"labels" is given, but this model has no head to compute a loss with: remove it, or choose a --task');
    return undefined;
  }
  const range = { min: 0, max: limits.labels.count - 1, also: ignored };
  if (limits.labels.kind !== "row") return readMatrix(fields, "labels", range, faults);
  const labels = fields.get("labels");
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
  fields: ReadonlyMap<string, unknown>,
  key: string,
  range: Range,
  faults: string[],
): IntegerMatrix | undefined {
  const rows = fields.get(key);
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
    const where = `row ${Math.floor(wrong / columns)}, column ${wrong % columns}`;
    const also = range.also === undefined ? "" : ` or ${range.also}`;
    const got = JSON.stringify(values[wrong])?.slice(0, 40);
    faults.push(`"${key}": ${where} is ${got}; expected a whole number from ${range.min} to ${range.max}${also}`);
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

/** The file does not fit the model. */
function invalidInputs(file: string, faults: readonly string[]) {
  return failure("INVALID_INPUTS", `"${file}" has invalid model inputs:${itemized(faults)}`, { file, faults });
}
