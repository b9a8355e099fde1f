// What rendering a chat template may take. A template is a program from a stranger: it may loop for ever, call itself, or
// double a text until memory ends.

import { TemplateLimitError } from "../errors.ts";

/** Bounds on one rendering, or where it says so on a conversation. */
export const templateLimits = {
  /** Nodes of the program evaluated, entries of lists visited, and one for each 32 characters worked on. */
  steps: 2 ** 21,
  /** More of them for each message of each rendering: ten times what one of 2000 characters takes in Llama 3's and Qwen 3's. */
  messageSteps: 2 ** 12,
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

const counted = {
  depth: "levels of nesting",
  characters: "characters in one text",
  entries: "entries in one list",
  nesting: "nested lists",
} as const;

/**
 * Counts what a conversation takes; throws TemplateLimitError where that is too much. It is rendered up to each of its turns:
 * a bound for each rendering alone would let a template take that many times as long.
 */
export class TemplateBudget {
  #steps = 0;
  #most: number = templateLimits.steps;

  /** Before each rendering, with the number of its messages. */
  allowFor(messages: number): void {
    this.#most += messages * templateLimits.messageSteps;
  }

  spend(steps: number): void {
    this.#steps += steps;
    if (!(this.#steps <= this.#most)) throw new TemplateLimitError("steps", this.#most);
  }

  check(what: keyof typeof counted, count: number): void {
    if (!(count <= templateLimits[what])) throw new TemplateLimitError(counted[what], templateLimits[what]);
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
