// The patterns of one field, of which the first that matches counts: each compiled once, when it is first needed.

import { UnsupportedPatternError } from "../errors.ts";
import { compilePattern, type Pattern, patternLimits } from "./pattern.ts";

/** How large all programs of a list may be together: some 1 500 expressions as people write them. */
const maxStates = 40_000;

/** Of thousands of broken patterns the first are enough to see what is wrong. */
const maxProblems = 20;

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
    for (let index = 0; index < this.#others.length && problems.length < maxProblems; index += 1) {
      const problem = problemOf(() => this.#pattern(index));
      if (problem !== null) problems.push(problem);
      if (this.#states > maxStates) break;
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
    if (this.#states > maxStates) throw new UnsupportedPatternError(key, source, tooMany(this.#compiled.length));
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
  return `with the ${before} regular expressions before it, it exceeds the limit of work; module paths without special characters have no limit`;
}

/** Characters that mean themselves, and dots; after a "^" or not. */
const plain = /^\^?(?:[A-Za-z0-9_-]|\\?[.-])+$/;

/** A model's paths have a few dozen shapes; each costs a look-up. */
const maxShapes = 256;

/** Names of the same length, with their dots for any character at the same places. */
interface Shape {
  readonly length: number;
  /** Where a dot stands for any character. */
  readonly open: readonly number[];
  /** Whether nothing may stand before the name ("^"). */
  readonly isWhole: boolean;
  /** The place in the list of the first such name, by its text. */
  readonly places: Map<string, number>;
}

/** Names with their places in a list, found as the expressions that they are would find them. */
class PlainNames {
  readonly #shapes = new Map<string, Shape>();
  readonly #byLength = new Map<number, Shape[]>();

  /** Takes a name; false if it is more than a name, or of too many shapes. */
  add(source: string, place: number): boolean {
    if (!plain.test(source)) return false;
    const isWhole = source.startsWith("^");
    const name = source.replace(/[\^\\]/g, "");
    const shape = this.#shape({ length: name.length, open: openDots(source.slice(Number(isWhole))), isWhole });
    if (shape === null) return false;
    if (!shape.places.has(name)) shape.places.set(name, place);
    return true;
  }

  /** The place of the first name that is all of a text or its end after a dot; Infinity if there is none. */
  firstAtEnd(text: string): number {
    // Neither a dot nor what may stand before a name takes a line break.
    if (text.includes("\n")) return Number.POSITIVE_INFINITY;
    let first = Number.POSITIVE_INFINITY;
    const characters = [...text];
    for (let start = 0; start < characters.length; start = nextStart(characters, start))
      for (const { open, isWhole, places } of this.#byLength.get(characters.length - start) ?? []) {
        if (isWhole && start > 0) continue;
        first = Math.min(first, places.get(withDots(characters.slice(start), open)) ?? first);
      }
    return first;
  }

  #shape(wanted: Omit<Shape, "places">): Shape | null {
    const id = `${wanted.length} ${wanted.isWhole} ${wanted.open}`;
    const known = this.#shapes.get(id);
    if (known !== undefined || this.#shapes.size === maxShapes) return known ?? null;
    const shape = { ...wanted, places: new Map<string, number>() };
    this.#shapes.set(id, shape);
    this.#byLength.set(shape.length, [...(this.#byLength.get(shape.length) ?? []), shape]);
    return shape;
  }
}

/** Where the dots without a backslash stand, not counting backslashes. */
function openDots(source: string): readonly number[] {
  const open: number[] = [];
  let backslashes = 0;
  for (let at = source.search(/[.\\]/); at >= 0 && at < source.length; at += 1) {
    if (source[at] === ".") open.push(at - backslashes);
    if (source[at] !== "\\") continue;
    backslashes += 1;
    at += 1;
  }
  return open;
}

function nextStart(characters: readonly string[], start: number): number {
  const dot = characters.indexOf(".", start);
  return dot < 0 ? characters.length : dot + 1;
}

function withDots(characters: string[], open: readonly number[]): string {
  for (const at of open) characters[at] = ".";
  return characters.join("");
}
