// JSON as Python's json.dumps(value, indent=2, sort_keys=True) writes it, so that files compare equal.

import { isJsonObject, type JsonValue } from "../json.ts";

/** A number that Python holds as a float: 0 is written "0.0". */
export class PythonFloat {
  constructor(readonly value: number) {}
}

/** A dictionary whose order counts. */
export class OrderedDictionary {
  constructor(readonly entries: ReadonlyMap<string, JsonValue>) {}
}

/** What can be written: JSON, floats that say so, dictionaries that keep their order. */
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

/** Like json.dumps, beyond ASCII everything is escaped. */
function writeText(text: string): string {
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

/** As Python sorts keys. */
export function sorted<Value>(entries: readonly (readonly [string, Value])[]): readonly (readonly [string, Value])[] {
  return [...entries].sort(([left], [right]) => (left < right ? -1 : Number(left > right)));
}
