// Describes a form of row by its keys and a function that reads their values.

import { parseJson } from "@lowrank/contracts/internal";
import type { Example, Label } from "../example.ts";
import type { TokenMasks } from "../tokenized-example.ts";

/** The fields of a row from a file. A Map, because a file's keys may be any text. */
export type Fields = ReadonlyMap<string, unknown>;

/** Why a row is not an example. */
export interface Refusal {
  readonly found: string;
  readonly expected: string;
  /** Advice, for a row with unknown columns. It is the same for all rows with these columns. */
  readonly advice?: string;
}

/** One form that rows may have. */
export interface RowForm {
  readonly name: string;
  readonly source: string;
  /** A row with all of these keys has this form. */
  readonly keys: readonly string[];
  /** The keys and the optional fields. */
  readonly fields: ReadonlySet<string>;
  /** Reads the row, or returns the reason why it is not an example. */
  read(fields: Fields): Example | Refusal;
}

/** Carries a refusal from `refuse` to the form's `read`. */
class Refused {
  constructor(readonly refusal: Refusal) {}
}

/** Stops reading a row because a value is not as expected. */
export function refuse(expected: string, given: unknown, found = describe(given)): never {
  throw new Refused({ expected, found });
}

/** A form. Its `read` calls `refuse` for an invalid row. Keys that end with "?" are optional fields. */
export function rowForm({ read, ...form }: Omit<RowForm, "read" | "fields"> & { read(row: Fields): Example }): RowForm {
  return {
    ...form,
    keys: form.keys.filter((key) => !key.endsWith("?")),
    fields: new Set(form.keys.map((key) => key.replace("?", ""))),
    read(fields) {
      try {
        return read(fields);
      } catch (thrown) {
        if (thrown instanceof Refused) return thrown.refusal;
        throw thrown;
      }
    },
  };
}

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

export function readTexts<const Names extends readonly string[]>(
  fields: Fields,
  names: Names,
): { [Name in keyof Names]: string } {
  const texts = names.map((name) => {
    const value = fields.get(name);
    return typeof value === "string" ? value : refuse(`a text for "${name}"`, value);
  });
  return texts as { [Name in keyof Names]: string };
}

export function readLabel(value: unknown): Label {
  if (typeof value === "number" && Number.isFinite(value)) return value;
  if (Array.isArray(value)) return readList(value);
  // CSV has only texts: a text of digits is a number, and a list is JSON.
  if (typeof value === "string" && isNumber(value)) return Number(value);
  if (typeof value === "string" && value.startsWith("[")) {
    const list = fromJson(value);
    if (list !== value) return readList(list);
    return refuse('a JSON list of classes for "label", because it begins with "[" (a class name must not)', value);
  }
  if (typeof value === "string" && value.trim() !== "") return value;
  return refuse('a class number from 0, a class name, a number, or a list of classes for "label"', value);
}

function isNumber(text: string): boolean {
  return /^(-?\d{1,9}|-?(\d+\.\d*|\.\d+)(e[-+]?\d{1,3})?)$/i.test(text);
}

/** The value of a JSON text; other values, and texts that are not JSON, are returned unchanged. */
export function fromJson(value: unknown): unknown {
  if (typeof value !== "string") return value;
  try {
    return parseJson(value);
  } catch {
    return value;
  }
}

/** Only numbers or only names, without repetition. A row of 0 and 1 for each class repeats numbers, so it is not a list of classes. */
function readList(value: unknown): Label {
  const isClass = (item: unknown): item is number | string =>
    typeof item === "number" ? Number.isSafeInteger(item) && item >= 0 : typeof item === "string" && item.trim() !== "";
  const isWhole = Array.isArray(value) && value.every((item) => isClass(item) && typeof item === typeof value[0]);
  if (isWhole && new Set(value).size === value.length) return value;
  return refuse('class numbers from 0 or class names for "label", each once', value);
}

/** No vocabulary is larger, and an Int32Array would overflow. */
export const largestId = 2 ** 31 - 1;

/** The named field as integers: exactly `length` of them, or at least one. */
export function readIntegers(fields: Fields, name: string, lowest: number, length?: number): readonly number[] {
  const value = fields.get(name);
  const many = length === undefined ? "at least one integer" : `${length} integers, one for each token,`;
  if (!Array.isArray(value) || value.length === 0 || (length !== undefined && value.length !== length)) {
    return refuse(`${many} for "${name}"`, value, Array.isArray(value) ? `${value.length}` : undefined);
  }
  const at = value.findIndex((entry) => !Number.isInteger(entry) || entry < lowest || entry > largestId);
  if (at !== -1) return refuse(`an integer from ${lowest} at "${name}"[${at}]`, value[at]);
  return value as readonly number[];
}

export function readInteger(
  fields: Fields,
  name: string,
  { lowest, highest }: { readonly lowest: number; readonly highest: number },
): number {
  const value = fields.get(name);
  if (typeof value === "number" && Number.isInteger(value) && value >= lowest && value <= highest) return value;
  return refuse(`an integer from ${lowest} to ${highest} for "${name}"`, value);
}

/** The masks that the row has, each with one entry for each token. */
export function readMasks(fields: Fields, length: number): TokenMasks {
  const read = (key: string, name: string) =>
    fields.get(name) === undefined ? {} : { [key]: readIntegers(fields, name, 0, length) };
  return { ...read("attentionMask", "attention_mask"), ...read("tokenTypeIds", "token_type_ids") };
}
