// What comes from files – names, values, whole lists – made fit for messages: short, harmless, on one line.

/** Control characters, C1 included, marks that turn the direction of text, and line separators; no tab, no line break. */
const dangerous = /(?![\t\n])[\p{Cc}\p{Bidi_C}\p{Zl}\p{Zp}]/gu;

/** Longer names are cut. */
const longestName = 200;
/** Longer values are cut. */
const longestValue = 120;
/** Of longer lists the first are named. */
export const maxListed = 12;

/** Makes control characters visible ("\u001b"), so that a stranger's text prints harmlessly. Tabs and line breaks stay. */
export function escapeControls(text: string): string {
  return text.replace(dangerous, (character) => `\\u${character.charCodeAt(0).toString(16).padStart(4, "0")}`);
}

/** The same for a name that must stay on one line: tabs and line breaks are made visible too. */
export function escapeName(text: string): string {
  return escapeControls(text).replaceAll("\n", "\\n").replaceAll("\t", "\\t");
}

/**
 * A name from outside for a message: on one line, without control characters, cut to 200 characters. Every name that a
 * file, a program's argument or another host gave goes through here, so that the line breaks of a message are our own.
 *
 * @example
 * ```ts
 * import { printable } from "@lowrank/contracts";
 *
 * if (printable("head\nerror: none") !== "head\\nerror: none") throw new Error("it became a line of its own");
 * ```
 */
export function printable(name: string): string {
  return escapeName(shortened(name, longestName));
}

/**
 * A value from outside as JSON, cut to 120 characters; what JSON cannot say by its type.
 *
 * @example
 * ```ts
 * import { describeValue } from "@lowrank/contracts";
 *
 * if (describeValue({ r: "8" }) !== '{"r":"8"}' || describeValue(undefined) !== "nothing") throw new Error("unexpected");
 * ```
 */
export function describeValue(value: unknown): string {
  if (value === undefined) return "nothing";
  if (typeof value === "number" || typeof value === "bigint") return String(value);
  if (value instanceof Map) return describeValue(Object.fromEntries(value));
  return escapeControls(shortened(JSON.stringify(value) ?? typeof value, longestValue));
}

/**
 * The first twelve names in quotation marks, and how many there are besides. Whoever needs all of them finds them in the
 * error's fields.
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

/** The first twelve texts and how many there are besides, for what is no name or is `printable` already. */
export function enumerated(texts: readonly (string | number)[], separator = ", "): string {
  const shown = texts.slice(0, maxListed).join(separator);
  return texts.length > maxListed ? `${shown} and ${texts.length - maxListed} more` : shown;
}

/**
 * A line for each of the first twelve, after a line break, two spaces and a dash, and how many there are besides. Names in
 * the lines are to be `printable` already. `count` is how many there are where `lines` are only the first of them.
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

/** A text cut to a length, with the sign that something is missing. */
export function shortened(text: string, longest: number): string {
  return text.length > longest ? `${text.slice(0, longest)}…` : text;
}

/** Longer names are cut: they come from strangers, and the work grows with the square. */
const longest = 200;

/**
 * The fewest letters to put in, take out or replace that make one name the other (Levenshtein 1966); of names beyond 200
 * characters, their first 200.
 *
 * @example
 * ```ts
 * import { editDistance } from "@lowrank/contracts";
 *
 * if (editDistance("c_porj", "c_proj") !== 2) throw new Error("two letters differ");
 * ```
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
