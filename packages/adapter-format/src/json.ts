// JSON values, and a parser with limits for files that are not trusted.

import type { LowrankError } from "@lowrank/contracts";
import { parseJson } from "@lowrank/contracts/internal";
import { invalidAdapterConfigError } from "./errors.ts";

/** Any JSON value. */
export type JsonValue = null | boolean | number | string | readonly JsonValue[] | { readonly [key: string]: JsonValue };

/** A JSON object. */
export type JsonObject = { readonly [key: string]: JsonValue };

/** Limits on a configuration file. A rank for each expert of the largest models takes 45 000 entries and 2 MB. */
const limits = { bytes: 8_000_000, depth: 16, textLength: 65_536, length: 100_000 };

/** Whether a value is a JSON object (not null, not a list). */
export function isJsonObject(value: JsonValue | undefined): value is JsonObject {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}

/**
 * Parses an object. Refused are more than 8 MB, 16 levels, strings over 64 KB, lists and objects over 100 000 entries.
 *
 * The result is a map, so a key such as "__proto__" is an ordinary key.
 */
export function parseJsonObject(text: string, file: string): ReadonlyMap<string, JsonValue> {
  const wrong = (got: string, expected: string, cause?: unknown): LowrankError =>
    invalidAdapterConfigError(file, [{ key: "the whole file", got, expected }], cause);

  if (text.length > limits.bytes) throw wrong(`${text.length} characters`, `at most ${limits.bytes}`);
  const expected = `a JSON object, at most ${limits.depth} levels deep`;
  const refuse = (reason: string, cause: unknown) => wrong(`a text that ${reason}`, expected, cause);
  const value = parseJson(text, { refuse, maxDepth: limits.depth }) as JsonValue;
  if (!isJsonObject(value)) throw wrong(Array.isArray(value) ? "a list" : String(value), "an object");
  const excess = findExcess(value);
  if (excess)
    throw wrong(excess, `texts of at most ${limits.textLength} characters, lists and objects of ${limits.length}`);
  return new Map(Object.entries(value));
}

function findExcess(value: JsonValue): string | null {
  if (typeof value === "string") return value.length > limits.textLength ? `a text of ${value.length}` : null;
  if (typeof value !== "object" || value === null) return null;
  const entries = Object.entries(value);
  if (entries.length > limits.length) return `${Array.isArray(value) ? "a list" : "an object"} of ${entries.length}`;
  for (const [key, child] of entries) {
    const excess = findExcess(key) ?? findExcess(child as JsonValue);
    if (excess) return excess;
  }
  return null;
}

/** A float in Python: 0 is written as "0.0". */
export class PythonFloat {
  constructor(readonly value: number) {}
}

/** A dictionary that is written in its own order. */
export class OrderedDictionary {
  constructor(readonly entries: ReadonlyMap<string, JsonValue>) {}
}

/** Values that can be written: JSON, Python floats, ordered dictionaries. */
export type WritableJson = JsonValue | PythonFloat | OrderedDictionary;

/** Writes a dictionary with sorted keys and an indent of two, without a newline at the end. */
export function writeJsonObject(entries: ReadonlyMap<string, WritableJson>): string {
  return writeEntries(sorted([...entries]), "");
}

function write(value: WritableJson, indent: string): string {
  if (value instanceof PythonFloat) return writeFloat(value.value);
  if (typeof value === "string") return writeText(value);
  if (Array.isArray(value)) return writeList(value, indent);
  if (value instanceof OrderedDictionary) return writeEntries([...value.entries], indent);
  if (isJsonObject(value)) return writeEntries(sorted(Object.entries(value)), indent);
  return JSON.stringify(value);
}

function writeFloat(value: number): string {
  return Number.isInteger(value) && Math.abs(value) < 1e16 ? `${value}.0` : String(value);
}

/** Escapes all characters beyond ASCII, like json.dumps. YAML reads the result, too. */
export function writeText(text: string): string {
  return JSON.stringify(text).replace(
    /[\u007f-\uffff]/g,
    (character) => `\\u${character.charCodeAt(0).toString(16).padStart(4, "0")}`,
  );
}

function writeList(list: readonly JsonValue[], indent: string): string {
  if (list.length === 0) return "[]";
  const inner = `${indent}  `;
  return `[\n${list.map((item) => inner + write(item, inner)).join(",\n")}\n${indent}]`;
}

function writeEntries(entries: readonly (readonly [string, WritableJson])[], indent: string): string {
  if (entries.length === 0) return "{}";
  const inner = `${indent}  `;
  return `{\n${entries.map(([key, value]) => `${inner}${writeText(key)}: ${write(value, inner)}`).join(",\n")}\n${indent}}`;
}

/** Sorts entries by key, like Python. */
export function sorted<Value>(entries: readonly (readonly [string, Value])[]): readonly (readonly [string, Value])[] {
  return [...entries].sort(([left], [right]) => (left < right ? -1 : Number(left > right)));
}
