// JSON values, and reading them from files that may be hostile.

import { parseJson } from "@lowrank/contracts";
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
