// How a form of row is described: by the keys it must have and by what to make of their values.

import { parseJson } from "@lowrank/contracts";
import type { Example, Label } from "../example.ts";
import type { TokenMasks } from "../tokenized-example.ts";

/** A row as it came out of a file. A Map, because its keys are somebody else's. */
export type Fields = ReadonlyMap<string, unknown>;

/** Why a row is not an example. */
export interface Refusal {
  readonly found: string;
  readonly expected: string;
  /** What to do, where it is the row's columns that are not known: the same is wrong with every row that has them. */
  readonly advice?: string;
}

/** One form that rows may have. */
export interface RowForm {
  readonly name: string;
  readonly source: string;
  /** All of them present makes a row one of this form. */
  readonly keys: readonly string[];
  /** The example, or why there is none. */
  read(fields: Fields): Example | Refusal;
}

/** Whether reading a row failed. */
export function isRefusal(result: Example | Refusal): result is Refusal {
  return !("kind" in result);
}

const previewLength = 60;

/** A value from a file in few words, safe to print: control characters are escaped. */
export function describe(value: unknown): string {
  if (value === undefined) return "nothing";
  if (value === null) return "null";
  const text = JSON.stringify(value) ?? String(value);
  const preview = text.length > previewLength ? `${text.slice(0, previewLength)}…` : text;
  if (Array.isArray(value)) return `an array (${preview})`;
  if (typeof value === "object") return `an object (${preview})`;
  return `the ${typeof value} ${preview}`;
}

/** Whether `readTexts` found what it looked for. */
export function isTexts(result: readonly string[] | Refusal): result is readonly string[] {
  return Array.isArray(result);
}

/** The named fields as texts, or why they are not. */
export function readTexts(fields: Fields, names: readonly string[]): readonly string[] | Refusal {
  const texts: string[] = [];
  for (const name of names) {
    const value = fields.get(name);
    if (typeof value !== "string") return { expected: `a text for "${name}"`, found: describe(value) };
    texts.push(value);
  }
  return texts;
}

/** Whether `readLabel` found one. */
export function isLabel(result: Label | Refusal): result is Label {
  return typeof result !== "object" || Array.isArray(result);
}

/** The label, or why it is none. */
export function readLabel(value: unknown): Label | Refusal {
  if (typeof value === "number" && Number.isFinite(value)) return value;
  if (Array.isArray(value)) return readList(value);
  // CSV knows only texts; a text of digits is a number there, and a list is written as JSON has it.
  if (typeof value === "string" && isNumber(value)) return Number(value);
  if (typeof value === "string" && value.startsWith("[")) {
    const list = listIn(value);
    if (list !== undefined) return readList(list);
    const expected = 'a list of classes as JSON for "label", since it begins with "[": a class name must not begin so';
    return { expected, found: describe(value) };
  }
  if (typeof value === "string" && value.trim() !== "") return value;
  return {
    expected: 'a class number from 0, a class name, a number, or a list of classes for "label"',
    found: describe(value),
  };
}

function isNumber(text: string): boolean {
  return /^(-?\d{1,9}|-?(\d+\.\d*|\.\d+)(e[-+]?\d{1,3})?)$/i.test(text);
}

function listIn(text: string): unknown {
  try {
    return parseJson(text);
  } catch {
    return undefined;
  }
}

/** All numbers or all names, each once: a row of 0 and 1 for each class has numbers twice and is not taken for classes. */
function readList(value: unknown): Label | Refusal {
  const isClass = (one: unknown): one is number | string =>
    typeof one === "number" ? Number.isSafeInteger(one) && one >= 0 : typeof one === "string" && one.trim() !== "";
  const isWhole = Array.isArray(value) && value.every((one) => isClass(one) && typeof one === typeof value[0]);
  if (isWhole && new Set(value).size === value.length) return value;
  const expected = 'class numbers from 0 or class names for "label", each once';
  return { expected, found: describe(value) };
}

/** Above this no vocabulary reaches, and an Int32Array would wrap. */
export const largestId = 2 ** 31 - 1;

/** The named field as integers: as many as are asked for, at least one otherwise. */
export function readIntegers(
  fields: Fields,
  name: string,
  lowest: number,
  length?: number,
): readonly number[] | Refusal {
  const value = fields.get(name);
  const many = length === undefined ? "at least one integer" : `${length} integers, one for each token,`;
  if (!Array.isArray(value) || value.length === 0 || (length !== undefined && value.length !== length)) {
    const found = Array.isArray(value) ? `${value.length}` : describe(value);
    return { expected: `${many} for "${name}"`, found };
  }
  const at = value.findIndex((entry) => !Number.isInteger(entry) || entry < lowest || entry > largestId);
  if (at !== -1) return { expected: `an integer from ${lowest} at "${name}"[${at}]`, found: describe(value[at]) };
  return value as readonly number[];
}

/** The named field as one integer. */
export function readInteger(
  fields: Fields,
  name: string,
  { lowest, highest }: { readonly lowest: number; readonly highest: number },
): number | Refusal {
  const value = fields.get(name);
  if (typeof value === "number" && Number.isInteger(value) && value >= lowest && value <= highest) return value;
  return { expected: `an integer from ${lowest} to ${highest} for "${name}"`, found: describe(value) };
}

/** The lists that are there, each with one entry for each token. */
export function readMasks(fields: Fields, length: number): TokenMasks | Refusal {
  const masks: { attentionMask?: readonly number[]; tokenTypeIds?: readonly number[] } = {};
  for (const [key, name] of [
    ["attentionMask", "attention_mask"],
    ["tokenTypeIds", "token_type_ids"],
  ] as const) {
    if (fields.get(name) === undefined) continue;
    const values = readIntegers(fields, name, 0, length);
    if ("found" in values) return values;
    masks[key] = values;
  }
  return masks;
}
