// Regular expressions from configuration files, run by RE2: its time is linear in the text, whatever the pattern.

import { RE2JS, RE2JSException } from "re2js";
import { UnsupportedPatternError } from "../errors.ts";
import { foreignConstruct } from "./foreign-constructs.ts";

/** Limits that bound the time of a match together with RE2. */
export const patternLimits = { patternLength: 1000, programSize: 2000, nameLength: 512 };

/** A compiled pattern. */
export interface Pattern {
  /** How many states its program has: a match takes at most so many steps a character. */
  readonly states: number;
  /** Whether the whole text matches (Python's re.fullmatch). */
  matchesWhole(text: string): boolean;
  /** Whether the text starts with a match (Python's re.match). */
  matchesStart(text: string): boolean;
  /** What the group (?P<layer>…) of a match at the text's start holds; null if it took no part, undefined without match. */
  layerAtStart(text: string): string | null | undefined;
}

/**
 * Compiles a pattern given by a user or a file. That takes a thousand times as long as a match: keep the result.
 *
 * @param key Where it stands, for messages: "target_modules".
 * @param wrap Puts a checked pattern into a larger expression.
 * @throws UnsupportedPatternError naming the construct that RE2 lacks or takes in another sense than Python, or the limit
 * that is exceeded.
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
    throw new UnsupportedPatternError(key, source, "its nested repetitions multiply to too many states");
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

/** Whether a text may be a module's path; a longer one matches nothing. */
export function isShort(text: string): boolean {
  return text.length <= patternLimits.nameLength;
}

function compileWithRe2(expression: string, source: string, key: string): RE2JS {
  try {
    // Alone first: "a)(b" would be closed by what it is wrapped in.
    RE2JS.compile(source);
    return RE2JS.compile(expression);
  } catch (error) {
    if (!(error instanceof RE2JSException)) throw error;
    throw new UnsupportedPatternError(key, source, error.message.replace("error parsing regexp: ", ""));
  }
}
