// Parses all untrusted JSON. JSON.parse itself accepts a million levels, and a recursive function on the result then overflows the
// stack. A text beyond the engine's maximum string length cannot be created at all.

import { describeLfsPointer, LowrankError } from "./errors.ts";
import { printable } from "./messages.ts";

/** V8's maximum string length; a file with more bytes is refused before it is read as one text. */
export const maxTextLength = 2 ** 29 - 24;

/** Configurations, tokenizers and rows nest 10 levels and less. */
const deepest = 64;

/** A text is not valid JSON, or is nested too deep. Correct the text. */
export class JsonError extends LowrankError {
  constructor(
    /** The end of a sentence that starts with the file's name: "is not JSON (…)". */
    readonly reason: string,
    options?: { readonly cause?: unknown },
  ) {
    super("INVALID_JSON", `The text ${reason}.`, options);
  }
}

/** How JSON is read. */
export interface ParseJsonOptions {
  /** Makes the error from a reason such as "is not JSON (…)", which follows the file's name. Default: a JsonError. */
  readonly refuse?: (reason: string, cause?: unknown) => Error;
  readonly maxDepth?: number;
}

/**
 * Parses JSON from a file, at most 64 levels deep. "__proto__" is a key like any other. A byte order mark at the start is skipped:
 * it is not JSON, but some editors write it.
 *
 * @throws the error of `refuse`, or JsonError.
 */
export function parseJson(text: string, { refuse = refused, maxDepth = deepest }: ParseJsonOptions = {}): unknown {
  if (isDeeper(text, maxDepth)) throw refuse(`is nested more than ${maxDepth} levels deep`);
  try {
    return JSON.parse(text.startsWith("\uFEFF") ? text.slice(1) : text);
  } catch (cause) {
    const kind = describeLfsPointer(text) ?? `not JSON (${cause instanceof Error ? printable(cause.message) : cause})`;
    throw refuse(`is ${kind}`, cause);
  }
}

/** Like `parseJson`, but undefined for a text that is not JSON or is nested too deep. */
export function jsonIn(text: string): unknown {
  try {
    return parseJson(text);
  } catch {
    return undefined;
  }
}

function refused(reason: string, cause?: unknown): JsonError {
  return new JsonError(reason, { cause });
}

/** Counts brackets before parsing, and skips texts in quotation marks. */
function isDeeper(text: string, maxDepth: number): boolean {
  let depth = 0;
  for (let at = 0; at < text.length; at += 1) {
    const code = text.charCodeAt(at);
    if (code === 0x22) at = endOfText(text, at);
    else if (code === 0x5b || code === 0x7b) depth += 1;
    else if (code === 0x5d || code === 0x7d) depth -= 1;
    if (depth > maxDepth) return true;
  }
  return false;
}

/** The end of the text that starts at a quotation mark: the next one with an even number of backslashes before it. */
function endOfText(text: string, start: number): number {
  for (let end = text.indexOf('"', start + 1); end >= 0; end = text.indexOf('"', end + 1)) {
    let first = end;
    while (text.charCodeAt(first - 1) === 0x5c) first -= 1;
    if ((end - first) % 2 === 0) return end;
  }
  return text.length;
}

/** A JSON object, whose values are not checked yet. */
export type JsonObject = Readonly<Record<string, unknown>>;

/** Whether a JSON value is an object. */
export function isObject(value: unknown): value is JsonObject {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}
