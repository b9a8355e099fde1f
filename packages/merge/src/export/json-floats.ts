// JSON written again with 30.0 where it was read so. Python tells 30.0 from 30, and transformers 5 refuses a configuration
// with an integer where it expects a float (Gemma 2's final_logit_softcapping, BART's encoder_layerdrop).

/** How a text spells its floats, by the path to each as JSON. */
export type FloatSpellings = ReadonlyMap<string, string>;

/** Texts – so that digits in them are passed over – and numbers. */
const tokens = /"(?:[^"\\]|\\.)*"|-?\d+(?:\.\d+)?(?:[eE][+-]?\d+)?/g;
/** Stands in front of a number that is written as a text for a while. */
const mark = "\u0000";

/** The spellings in a text that is JSON; none where its own texts could be taken for marked numbers. */
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

/** JSON with an indent of two; a number that is what was spelt at its path is spelt so again. */
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
