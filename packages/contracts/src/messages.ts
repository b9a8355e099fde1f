// Formats untrusted names, values and lists for messages: short, without control characters, on one line.

/** Control characters (with C1), characters that change the direction of text, and line separators, except tab and line break. */
const dangerous = /(?![\t\n])[\p{Cc}\p{Bidi_C}\p{Zl}\p{Zp}]/gu;

/** Longer names are truncated. */
const longestName = 200;
/** Longer values are truncated. */
const longestValue = 120;
/** Longer lists are truncated. */
export const maxListed = 12;

/** Escapes control characters ("\u001b"), so that an untrusted text can be printed. Tabs and line breaks stay. */
export function escapeControls(text: string): string {
  return text.replace(dangerous, (character) => `\\u${character.charCodeAt(0).toString(16).padStart(4, "0")}`);
}

/** Like `escapeControls`, for a name that must stay on one line: tabs and line breaks are made visible, too. */
export function escapeName(text: string): string {
  return escapeControls(text).replaceAll("\n", "\\n").replaceAll("\t", "\\t");
}

/**
 * An untrusted name for a message: on one line, without control characters, at most 200 characters. Every name from a file, an
 * argument or another host passes through here, so that all line breaks of a message are our own.
 */
export function printable(name: string): string {
  return escapeName(shortened(name, longestName));
}

/** An untrusted value as JSON, at most 120 characters. For a value that JSON cannot express: its type. */
export function describeValue(value: unknown): string {
  if (value === undefined) return "nothing";
  if (typeof value === "number" || typeof value === "bigint") return String(value);
  if (value instanceof Map) return describeValue(Object.fromEntries(value));
  return escapeControls(shortened(JSON.stringify(value) ?? typeof value, longestValue));
}

/**
 * The first twelve names in quotation marks, and the number of others. The error's fields have all of them.
 *
 * @example
 * ```ts
 * import { listed } from "@lowrank/contracts";
 *
 * if (listed(["wte", "wpe"]) !== '"wte", "wpe"') throw new Error("unexpected");
 * ```
 */
export function listed(names: readonly string[]): string {
  return enumerated(names.map((name) => `"${printable(name)}"`));
}

/** The first twelve texts and the number of others, without quotation marks. Names must be `printable` already. */
export function enumerated(texts: readonly (string | number)[], separator = ", "): string {
  const shown = texts.slice(0, maxListed).join(separator);
  return texts.length > maxListed ? `${shown} and ${texts.length - maxListed} more` : shown;
}

/**
 * A list with one line for each of the first twelve items ("\n  - …"), and the number of others. Names in the lines must be
 * `printable` already. `count` is the total, if `lines` has only the first items.
 *
 * @example
 * ```ts
 * import { itemized } from "@lowrank/contracts";
 *
 * if (itemized(["no wte", "no wpe"]) !== "\n  - no wte\n  - no wpe") throw new Error("unexpected");
 * ```
 */
export function itemized(lines: readonly string[], count = lines.length): string {
  const shown = lines.slice(0, maxListed).map((line) => `\n  - ${line}`);
  return count > shown.length ? `${shown.join("")}\n  - … and ${count - shown.length} more` : shown.join("");
}

/** A text, truncated to a length with an ellipsis. */
export function shortened(text: string, longest: number): string {
  return text.length > longest ? `${text.slice(0, longest)}…` : text;
}

/** Longer names are truncated, because they are untrusted and the work grows with the square. */
const longest = 200;

/**
 * The minimum number of insertions, deletions and replacements between two names (Levenshtein 1966). Only the first 200 characters
 * are compared.
 */
export function editDistance(one: string, other: string): number {
  const [left, right] = [one.slice(0, longest), other.slice(0, longest)];
  let previous = Array.from({ length: right.length + 1 }, (_, column) => column);
  for (let row = 1; row <= left.length; row++) {
    const current = [row];
    for (let column = 1; column <= right.length; column++) {
      const replaced = (previous[column - 1] ?? 0) + (left[row - 1] === right[column - 1] ? 0 : 1);
      current.push(Math.min(replaced, (previous[column] ?? 0) + 1, (current[column - 1] ?? 0) + 1));
    }
    previous = current;
  }
  return previous[right.length] ?? 0;
}
