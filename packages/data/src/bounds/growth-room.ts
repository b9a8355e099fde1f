// How much longer a tokenizer may make a text: thirty parts that write two letters for one make a gigabyte of a word.

import { TokenizationError } from "../errors.ts";

/** For each character: NFKD writes up to 18 for one, and ByteLevel up to three for each of those. For any text: some more. */
const growth = { factor: 64, characters: 2 ** 13 };

/** One text, or the words or tokens that it is cut into. */
export type Texts = string | readonly string[];

/** Counts the characters that parts add to the text that is being worked on; what others take away does not come back. */
export class GrowthRoom {
  #most: number | undefined;
  #added = 0;

  /** Runs all that is done to one text; within another such run it is a part of that one. */
  within<T>(texts: Texts, run: () => T): T {
    if (this.#most !== undefined) return run();
    this.#most = growth.factor * lengthOf(texts) + growth.characters;
    this.#added = 0;
    try {
      return run();
    } finally {
      this.#most = undefined;
    }
  }

  /** Runs one part; throws TokenizationError where it added too much. */
  count<T extends Texts>(texts: Texts, run: () => T): T {
    const made = run();
    const added = Math.max(0, lengthOf(made) - lengthOf(texts));
    this.check(added);
    this.#added += added;
    return made;
  }

  /** Whether so many characters more would not be too many. */
  holds(added: number): boolean {
    return this.#most === undefined || this.#added + added <= this.#most;
  }

  /** Throws TokenizationError where they would be. */
  check(added: number): void {
    if (this.holds(added)) return;
    throw new TokenizationError(`the tokenizer adds more than ${this.#most} characters to the text.`, this.#most);
  }
}

/** The characters of all of them. */
export function lengthOf(texts: Texts): number {
  if (typeof texts === "string") return texts.length;
  let length = 0;
  for (const text of texts) length += text.length;
  return length;
}
