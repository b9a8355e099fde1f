// How a form of row is described: by the keys it must have and by what to make of their values.

import type { Example } from "../example.ts";

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
