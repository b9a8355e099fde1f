// The patterns of one field. The first match is used, and each pattern is compiled when it is first needed.

import { UnsupportedPatternError } from "../errors.ts";
import { compilePattern, type Pattern, patternLimits } from "./pattern.ts";

/** Maximum total size of a list's compiled programs: about 1 500 ordinary expressions. */
const maxStates = 40_000;

/** The first of thousands of invalid patterns are enough for a message. */
const maxProblems = 20;

/** How a field's patterns are compiled. */
export interface PatternField {
  /** The field, for messages: "rank_pattern". */
  readonly key: string;
  /** Builds the expression that is matched. It must keep the meaning that plain names have in `PlainNames`. */
  readonly wrap: (source: string) => string;
}

/** A match, and its position in the list. */
export interface FirstMatch<Found> {
  readonly position: number;
  readonly found: Found;
}

/** A list of patterns in order. */
export class PatternList {
  /** The patterns that are plain names. */
  readonly names = new PlainNames();
  readonly #field: PatternField;
  readonly #others: { readonly position: number; readonly source: string }[] = [];
  readonly #compiled: Pattern[] = [];
  #states = 0;

  constructor(sources: Iterable<string>, field: PatternField) {
    this.#field = field;
    let position = 0;
    for (const source of sources) {
      const isName = source.length <= patternLimits.patternLength && this.names.add(source, position);
      if (!isName) this.#others.push({ position, source });
      position += 1;
    }
  }

  /**
   * The first pattern before position `end` that is not a plain name and for which `find` returns a result.
   *
   * @throws UnsupportedPatternError for a pattern that is not supported.
   */
  firstBefore<Found>(end: number, find: (pattern: Pattern) => Found | undefined): FirstMatch<Found> | undefined {
    for (const [index, { position }] of this.#others.entries()) {
      if (position >= end) return undefined;
      const found = find(this.#pattern(index));
      if (found !== undefined) return { position, found };
    }
    return undefined;
  }

  /** The errors of the first twenty unsupported patterns. */
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
    const cached = this.#compiled[index];
    if (cached) return cached;
    const { key, wrap } = this.#field;
    const { source = "" } = this.#others[index] ?? {};
    const pattern = compilePattern(source, key, wrap);
    this.#states += pattern.states;
    if (this.#states > maxStates) throw new UnsupportedPatternError(key, source, tooMany(this.#compiled.length));
    this.#compiled[index] = pattern;
    return pattern;
  }
}

/** The error of an unsupported pattern, or null. */
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

/** Plain characters and dots, with or without a "^" before them. */
const plain = /^\^?(?:[A-Za-z0-9_-]|\\?[.-])+$/;

/** A model's paths have a few dozen shapes. Each costs one look-up. */
const maxShapes = 256;

/** Names of the same length with unescaped dots at the same positions. */
interface Shape {
  readonly length: number;
  /** Positions of dots that match any character. */
  readonly open: readonly number[];
  /** Whether the name must be the whole path ("^"). */
  readonly isWhole: boolean;
  /** The position of each name in the list; of duplicates the first. */
  readonly positions: Map<string, number>;
}

/** Plain names with their positions in a list. They match exactly like the regular expressions that they are, but by look-ups. */
class PlainNames {
  readonly #shapes = new Map<string, Shape>();
  readonly #byLength = new Map<number, Shape[]>();

  /** Adds a name. Returns false if it is not a plain name, or if there are too many shapes. */
  add(source: string, position: number): boolean {
    if (!plain.test(source)) return false;
    const isWhole = source.startsWith("^");
    const name = source.replace(/[\^\\]/g, "");
    const shape = this.#shape({ length: name.length, open: openDots(source.slice(Number(isWhole))), isWhole });
    if (shape === null) return false;
    if (!shape.positions.has(name)) shape.positions.set(name, position);
    return true;
  }

  /** The position of the first name that equals a text or its end after a dot; Infinity if there is none. */
  firstAtEnd(text: string): number {
    // Neither a dot nor the prefix before a name matches a line break.
    if (text.includes("\n")) return Number.POSITIVE_INFINITY;
    let first = Number.POSITIVE_INFINITY;
    const characters = [...text];
    for (let start = 0; start < characters.length; start = nextStart(characters, start))
      for (const { open, isWhole, positions } of this.#byLength.get(characters.length - start) ?? []) {
        if (isWhole && start > 0) continue;
        first = Math.min(first, positions.get(withDots(characters.slice(start), open)) ?? first);
      }
    return first;
  }

  #shape(request: Omit<Shape, "positions">): Shape | null {
    const id = `${request.length} ${request.isWhole} ${request.open}`;
    const existing = this.#shapes.get(id);
    if (existing !== undefined || this.#shapes.size === maxShapes) return existing ?? null;
    const shape = { ...request, positions: new Map<string, number>() };
    this.#shapes.set(id, shape);
    this.#byLength.set(shape.length, [...(this.#byLength.get(shape.length) ?? []), shape]);
    return shape;
  }
}

/** Positions of dots without a backslash; backslashes are not counted. */
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
