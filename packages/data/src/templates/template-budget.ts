// Limits of rendering a chat template. A template is an untrusted program: it may loop forever, call itself, or double a text until
// memory is full.

import { TemplateLimitError } from "../errors.ts";

/** Limits of one rendering; `steps` and `messageSteps` are limits of a whole conversation. */
export const templateLimits = {
  /** Evaluated nodes, visited entries of lists, and one step for each 32 processed characters. */
  steps: 2 ** 21,
  /** Additional steps for each message of each rendering: ten times the cost of a message of 2000 characters in Llama 3 and Qwen 3. */
  messageSteps: 2 ** 12,
  /** Nesting of expressions, statements and macros. */
  depth: 400,
  /** Characters of one text, or of the printed form of a list or object. */
  characters: 2 ** 24,
  /** Entries of one list or object, including nested ones. */
  entries: 2 ** 18,
  /** Nesting of lists and objects. */
  nesting: 100,
  /** Numbers in one `range`, as in Jinja's sandbox, which transformers uses. */
  range: 100_000,
} as const;

const counted = {
  depth: "levels of nesting",
  characters: "characters in one text",
  entries: "entries in one list",
  nesting: "nested lists",
} as const;

/**
 * Counts the steps of a conversation; throws TemplateLimitError beyond the limit. A conversation is rendered once for each of its
 * turns, so a limit for each rendering would allow that many times as much.
 */
export class TemplateBudget {
  #steps = 0;
  #maxSteps: number = templateLimits.steps;

  /** Must be called before each rendering, with its number of messages. */
  allowFor(messages: number): void {
    this.#maxSteps += messages * templateLimits.messageSteps;
  }

  spend(steps: number): void {
    this.#steps += steps;
    if (!(this.#steps <= this.#maxSteps)) throw new TemplateLimitError("steps", this.#maxSteps);
  }

  check(what: keyof typeof counted, count: number): void {
    if (!(count <= templateLimits[what])) throw new TemplateLimitError(counted[what], templateLimits[what]);
  }
}

/** Python's `range`; throws TemplateLimitError if it is too long. */
export function boundedRange(first: unknown, second?: unknown, step: unknown = 1): number[] {
  const [start, stop] = second === undefined ? [0, first] : [first, second];
  if (![start, stop, step].every(Number.isSafeInteger)) throw new Error("range() expects integers.");
  const [from, to, by] = [Number(start), Number(stop), Number(step)];
  if (by === 0) throw new Error("range() step must not be zero.");
  const length = Math.max(0, Math.ceil((to - from) / by));
  if (length > templateLimits.range) throw new TemplateLimitError("numbers in a range", templateLimits.range);
  return Array.from({ length }, (_, index) => from + index * by);
}
