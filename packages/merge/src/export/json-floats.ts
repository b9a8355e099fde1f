// Writes the numbers of a JSON file as another file spells them: 1e-05 stays 1e-05.

/** The spelling of each float in a JSON text, by its path as JSON. */
export type FloatSpellings = ReadonlyMap<string, string>;

/** Strings, so that digits in them are skipped, and numbers. */
const tokens = /"(?:[^"\\]|\\.)*"|-?\d+(?:\.\d+)?(?:[eE][+-]?\d+)?/g;
/** Prefix of a number that is temporarily written as a string. */
const mark = "\u0000";

/** The spellings in a JSON text; none if its own strings could be mistaken for marked numbers. */
export function floatSpellings(text: string): FloatSpellings {
  if (text.includes("\\u0000")) return new Map();
  const marked = text.replace(tokens, (token) => (/^-?\d.*[.eE]/.test(token) ? JSON.stringify(mark + token) : token));
  return new Map(spellingsIn(JSON.parse(marked), []));
}

function spellingsIn(value: unknown, path: readonly string[]): readonly [string, string][] {
  if (typeof value === "string" && value.startsWith(mark)) return [[JSON.stringify(path), value.slice(mark.length)]];
  if (typeof value !== "object" || value === null) return [];
  return Object.entries(value).flatMap(([key, inner]) => spellingsIn(inner, [...path, key]));
}

/** JSON with an indent of two. A number that equals the one at the same path before keeps its spelling. */
export function writeJson(value: unknown, floats: FloatSpellings): string {
  if (floats.size === 0) return JSON.stringify(value, null, 2);
  return JSON.stringify(spelt(value, [], floats), null, 2).replace(/"\\u0000(-?\d[\d.eE+-]*)"/g, "$1");
}

function spelt(value: unknown, path: readonly string[], floats: FloatSpellings): unknown {
  const spelling = typeof value === "number" ? floats.get(JSON.stringify(path)) : undefined;
  if (spelling !== undefined && Number(spelling) === value) return mark + spelling;
  if (Array.isArray(value)) return value.map((inner, index) => spelt(inner, [...path, String(index)], floats));
  if (typeof value !== "object" || value === null) return value;
  return Object.fromEntries(Object.entries(value).map(([key, inner]) => [key, spelt(inner, [...path, key], floats)]));
}
