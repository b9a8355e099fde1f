// Regular expressions from configuration files, run by RE2. Its time is linear in the text for every pattern.

import { RE2JS, RE2JSException } from "re2js";
import { UnsupportedPatternError } from "../errors.ts";

/** Limits that bound the time of a match together with RE2. */
export const patternLimits = { patternLength: 1000, programSize: 2000, nameLength: 512 };

export interface Pattern {
  /** Number of states of the compiled program, the most steps that a match takes for a character. */
  readonly states: number;
  /** Whether the whole text matches (Python's re.fullmatch). */
  matchesWhole(text: string): boolean;
  /** Whether the text starts with a match (Python's re.match). */
  matchesStart(text: string): boolean;
  /** The group (?P<layer>…) of a match at the text's start. Null if the group took no part, undefined without a match. */
  layerAtStart(text: string): string | null | undefined;
}

/**
 * Compiles a pattern from a user or a file. This takes a thousand times as long as a match, so keep the result.
 *
 * @param key The field, for messages: "target_modules".
 * @param wrap Builds a larger expression around a checked pattern.
 * @throws UnsupportedPatternError naming the construct that RE2 does not support or reads differently from Python, or the
 * exceeded limit.
 */
export function compilePattern(
  source: string,
  key: string,
  wrap: (source: string) => string = (plain) => plain,
): Pattern {
  if (source.length > patternLimits.patternLength)
    throw new UnsupportedPatternError(
      key,
      source,
      `it has ${source.length} characters, more than ${patternLimits.patternLength}`,
    );
  const foreign = foreignConstruct(source);
  if (foreign !== null) throw new UnsupportedPatternError(key, source, foreign);
  return compile(wrap(source), source, key);
}

function compile(expression: string, source: string, key: string): Pattern {
  const program = compileWithRe2(expression, source, key);
  if (program.programSize() > patternLimits.programSize)
    throw new UnsupportedPatternError(key, source, "its nested repetitions need too many states");
  return {
    states: program.programSize(),
    matchesWhole: (text) => isShort(text) && program.matches(text),
    matchesStart: (text) => isShort(text) && program.matcher(text).lookingAt(),
    layerAtStart: (text) => {
      const matcher = program.matcher(text);
      return isShort(text) && matcher.lookingAt() ? matcher.group("layer") : undefined;
    },
  };
}

/** Whether a text is short enough to be a module's path. Longer ones match nothing. */
export function isShort(text: string): boolean {
  return text.length <= patternLimits.nameLength;
}

function compileWithRe2(expression: string, source: string, key: string): RE2JS {
  try {
    // Compile the pattern alone first: inside parentheses "a)(b" would be valid.
    RE2JS.compile(source);
    return RE2JS.compile(expression);
  } catch (error) {
    if (!(error instanceof RE2JSException)) throw error;
    throw new UnsupportedPatternError(key, source, error.message.replace("error parsing regexp: ", ""));
  }
}

// Constructs that Python's regular expressions and RE2 do not share. RE2 refuses some. Others it reads differently, and the
// adapter would silently act on other layers than in PEFT. So patterns are checked before compiling.

/** An escape, a class in brackets, or one character. */
const piece = /\\[\s\S]|\[\^?\]?(?:\\[\s\S]|[^\]\\])*\]|[\s\S]/g;

/** Escapes that are not shared, by their start. */
const escapes: readonly (readonly [RegExp, string])[] = [
  [/^\\[1-9]/, "it has a backreference such as \\1"],
  [/^\\Z/, "it has \\Z; write $ or nothing, since patterns match whole paths"],
  [/^\\z/, "it has \\z; write $ or nothing, since patterns match whole paths"],
  [/^\\[pP]/, "it has a Unicode class such as \\p{L}, which Python does not have; write [A-Za-z]"],
  [/^\\[QE]/, "it has a quotation \\Q…\\E, which Python does not have; put a backslash before each special character"],
  [/^\\C/, "it has \\C, which Python does not have; write a dot"],
  [/^\\x\{/, "it has \\x{…}, which Python does not have; write \\x and two digits"],
];

/** Groups and repetitions that are not shared, by their start. */
const others: readonly (readonly [RegExp, string])[] = [
  [/^\(\?=/, "it has a lookahead (?=…)"],
  [/^\(\?!/, "it has a negative lookahead (?!…)"],
  [/^\(\?<=/, "it has a lookbehind (?<=…)"],
  [/^\(\?<!/, "it has a negative lookbehind (?<!…)"],
  [/^\(\?<[^=!]/, "it names a group as (?<n>…), which Python does not take; write (?P<n>…) or (?:…)"],
  [/^\(\?P=/, "it has a backreference (?P=…)"],
  [/^\(\?>/, "it has an atomic group (?>…)"],
  [/^\(\?\(/, "it has a condition (?(…)…)"],
  [/^\(\?#/, "it has a comment (?#…)"],
  [/^\(\?[a-z]*U/, "it has the flag U, which Python does not have; write *? for as few as possible"],
  [/^(?:[*+?]|\{\d+(?:,\d*)?\})\+/, "it has a possessive repetition such as a++"],
  [/^\{,\d*\}/, "it has a repetition without a lower bound such as a{,3}, which RE2 takes literally; write a{0,3}"],
];

const posixClass = /\[:\^?\w+:\]/;

/** The first construct of a pattern that RE2 does not support or reads differently from Python; null if there is none. */
function foreignConstruct(source: string): string | null {
  for (const { 0: text, index } of source.matchAll(piece)) {
    const found =
      text.length > 1 && text.startsWith("[")
        ? inClass(text)
        : firstOf(text[0] === "\\" ? escapes : others, source.slice(index));
    if (found !== null) return found;
  }
  return null;
}

function inClass(text: string): string | null {
  if (posixClass.test(text.slice(1)))
    return "it has a POSIX class such as [[:alpha:]], which Python takes for single characters; write [A-Za-z]";
  const found = [...text.matchAll(/\\[\s\S]/g)].map(({ index }) => firstOf(escapes, text.slice(index)));
  return found.find((reason) => reason !== null) ?? null;
}

function firstOf(constructs: readonly (readonly [RegExp, string])[], rest: string): string | null {
  return constructs.find(([look]) => look.test(rest))?.[1] ?? null;
}

/** Caches the results of a function by list, map or object. These must not change later. */
export function memoizePer<Owner extends object, Made>(make: (owner: Owner) => Made): (owner: Owner) => Made {
  const cache = new WeakMap<Owner, Made>();
  return (owner) => {
    if (!cache.has(owner)) cache.set(owner, make(owner));
    return cache.get(owner) as Made;
  };
}
