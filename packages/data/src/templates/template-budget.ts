// What rendering a chat template may take. A template is a program from a stranger: it may loop for ever, call itself, or
// double a text until memory ends.

import { TemplateLimitError } from "../errors.ts";

/** Bounds on one rendering. 1000 messages of 2000 characters take a tenth of them with the templates of Llama 3 and Qwen 3. */
export const templateLimits = {
  /** Nodes of the program evaluated, entries of lists visited, and one for each 32 characters worked on. */
  steps: 2 ** 22,
  /** Expressions, statements and macros within each other. */
  depth: 400,
  /** Characters of one text, or of what a list or object prints as. */
  characters: 2 ** 24,
  /** Entries of one list or object, those within it included. */
  entries: 2 ** 18,
  /** Lists and objects within each other. */
  nesting: 100,
  /** Numbers in one `range`: as in Python's sandbox, in which transformers renders. */
  range: 100_000,
} as const;

/** Counts what one rendering takes; throws TemplateLimitError where that is too much. */
export class TemplateBudget {
  #steps = 0;

  spend(steps: number): void {
    this.#steps += steps;
    if (!(this.#steps <= templateLimits.steps)) throw new TemplateLimitError("steps", templateLimits.steps);
  }

  checkDepth(depth: number): void {
    if (depth > templateLimits.depth) throw new TemplateLimitError("levels of nesting", templateLimits.depth);
  }

  checkText(characters: number): void {
    if (!(characters <= templateLimits.characters)) {
      throw new TemplateLimitError("characters in one text", templateLimits.characters);
    }
  }

  checkEntries(entries: number): void {
    if (entries > templateLimits.entries) {
      throw new TemplateLimitError("entries in one list", templateLimits.entries);
    }
  }

  checkNesting(depth: number): void {
    if (depth > templateLimits.nesting) {
      throw new TemplateLimitError("lists within each other", templateLimits.nesting);
    }
  }
}

/** Python's `range`; throws TemplateLimitError where it is too long. */
export function boundedRange(first: unknown, second?: unknown, step: unknown = 1): number[] {
  const [start, stop] = second === undefined ? [0, first] : [first, second];
  if (![start, stop, step].every(Number.isSafeInteger)) throw new Error("range() expects integers.");
  const [from, to, by] = [Number(start), Number(stop), Number(step)];
  if (by === 0) throw new Error("range() step must not be zero.");
  const length = Math.max(0, Math.ceil((to - from) / by));
  if (length > templateLimits.range) throw new TemplateLimitError("numbers in a range", templateLimits.range);
  return Array.from({ length }, (_, index) => from + index * by);
}
