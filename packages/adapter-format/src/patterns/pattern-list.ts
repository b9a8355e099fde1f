// The patterns of one field, of which the first that matches counts: each compiled once, when it is first needed.

import { UnsupportedPatternError } from "../errors.ts";
import { compilePattern, type Pattern, patternLimits } from "./pattern.ts";
import { PlainNames } from "./plain-names.ts";

/** How large all programs of a list may be together: some 1 500 expressions as people write them. */
const mostStates = 40_000;

/** Of thousands of broken patterns the first are enough to see what is wrong. */
const mostProblems = 20;

/** How a list's patterns are read. */
export interface PatternField {
  /** Where they stand, for messages: "rank_pattern". */
  readonly key: string;
  /** Puts one into the expression that is matched. It must leave the meaning of a plain name as `PlainNames` has it. */
  readonly wrap: (source: string) => string;
}

/** What matched, and its place in the list. */
export interface FirstMatch<Found> {
  readonly place: number;
  readonly found: Found;
}

/** Patterns in their order. */
export class PatternList {
  /** Those that are plain names. */
  readonly names = new PlainNames();
  readonly #field: PatternField;
  readonly #others: { readonly place: number; readonly source: string }[] = [];
  readonly #compiled: Pattern[] = [];
  #states = 0;

  constructor(sources: Iterable<string>, field: PatternField) {
    this.#field = field;
    let place = 0;
    for (const source of sources) {
      const isName = source.length <= patternLimits.patternLength && this.names.add(source, place);
      if (!isName) this.#others.push({ place, source });
      place += 1;
    }
  }

  /**
   * The first pattern that is no plain name, stands before a place, and finds something.
   *
   * @throws UnsupportedPatternError for one that cannot be used.
   */
  firstBefore<Found>(end: number, find: (pattern: Pattern) => Found | undefined): FirstMatch<Found> | undefined {
    for (const [index, { place }] of this.#others.entries()) {
      if (place >= end) return undefined;
      const found = find(this.#pattern(index));
      if (found !== undefined) return { place, found };
    }
    return undefined;
  }

  /** The errors of the first twenty patterns that cannot be used. */
  problems(): readonly UnsupportedPatternError[] {
    const problems: UnsupportedPatternError[] = [];
    for (let index = 0; index < this.#others.length && problems.length < mostProblems; index += 1) {
      const problem = problemOf(() => this.#pattern(index));
      if (problem !== null) problems.push(problem);
      if (this.#states > mostStates) break;
    }
    return problems;
  }

  #pattern(index: number): Pattern {
    const known = this.#compiled[index];
    if (known) return known;
    const { key, wrap } = this.#field;
    const { source = "" } = this.#others[index] ?? {};
    const pattern = compilePattern(source, key, wrap);
    this.#states += pattern.states;
    if (this.#states > mostStates) throw new UnsupportedPatternError(key, source, tooMany(this.#compiled.length));
    this.#compiled[index] = pattern;
    return pattern;
  }
}

/** The error by which a pattern cannot be used, or null. */
export function problemOf(compile: () => Pattern): UnsupportedPatternError | null {
  try {
    compile();
    return null;
  } catch (error) {
    if (error instanceof UnsupportedPatternError) return error;
    throw error;
  }
}

function tooMany(before: number): string {
  return `with the ${before} regular expressions before it, it is too much to run; module paths without special characters may be any number`;
}
