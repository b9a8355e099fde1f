// JSON values, and reading them from files that may be hostile.

import { describeLfsPointer } from "@lowrank/contracts";
import { InvalidAdapterConfigError } from "./errors.ts";

/** Anything that JSON can say. */
export type JsonValue = null | boolean | number | string | readonly JsonValue[] | { readonly [key: string]: JsonValue };

/** A JSON object. */
export type JsonObject = { readonly [key: string]: JsonValue };

/** Limits on a configuration file: a rank for each expert of the largest models takes 45 000 entries and 2 MB. */
const limits = { bytes: 8_000_000, depth: 16, textLength: 65_536, length: 100_000 };

/** Whether a value is a JSON object (not null, not a list). */
export function isJsonObject(value: JsonValue | undefined): value is JsonObject {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}

/**
 * Parses an object, refusing more than 8 MB, 16 levels, texts over 64 KB, lists and objects over 100 000 entries.
 *
 * The result is a map, so that a key such as "__proto__" is a key like any other.
 */
export function parseJsonObject(text: string, file: string): ReadonlyMap<string, JsonValue> {
  const wrong = (got: string, expected: string, cause?: unknown): InvalidAdapterConfigError =>
    new InvalidAdapterConfigError(file, [{ key: "the whole file", got, expected }], cause);

  if (text.length > limits.bytes) throw wrong(`${text.length} characters`, `at most ${limits.bytes}`);
  if (nestingOf(text) > limits.depth) throw wrong("deeper nesting", `at most ${limits.depth} levels`);
  const value = parseText(text, wrong);
  if (!isJsonObject(value)) throw wrong(Array.isArray(value) ? "a list" : String(value), "an object");
  const excess = findExcess(value);
  if (excess)
    throw wrong(excess, `texts of at most ${limits.textLength} characters, lists and objects of ${limits.length}`);
  return new Map(Object.entries(value));
}

function parseText(text: string, wrong: (got: string, expected: string, cause: unknown) => Error): JsonValue {
  try {
    // A byte order mark is no JSON, but some editors write one.
    return JSON.parse(text.replace(/^\uFEFF/, "")) as JsonValue;
  } catch (cause) {
    throw wrong(describeLfsPointer(text) ?? "text that is not JSON", "a JSON object", cause);
  }
}

/** Deepest nesting of brackets outside strings: counted before parsing, so that no recursion is ever provoked. */
function nestingOf(text: string): number {
  let depth = 0;
  let deepest = 0;
  let inString = false;
  for (let index = 0; index < text.length; index += 1) {
    const character = text[index];
    if (inString) {
      if (character === "\\") index += 1;
      else if (character === '"') inString = false;
    } else if (character === '"') inString = true;
    else if (character === "{" || character === "[") deepest = Math.max(deepest, ++depth);
    else if (character === "}" || character === "]") depth -= 1;
  }
  return deepest;
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
