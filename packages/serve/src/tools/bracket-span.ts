// Finds the end of a value in brackets while its text arrives, in one pass.

/** One value of JSON in brackets. */
export class BracketSpan {
  #isQuoted = false;
  #isEscaped = false;

  /** `depth`: how many brackets are open already. */
  constructor(private depth = 0) {}

  get isOver(): boolean {
    return this.depth <= 0;
  }

  /** Reads on in `text` from `start`: the position after the last bracket; undefined if it has not come. */
  end(text: string, start = 0): number | undefined {
    for (let at = start; at < text.length; at++) {
      const character = text.charAt(at);
      if (this.#isEscaped) this.#isEscaped = false;
      else if (character === "\\") this.#isEscaped = this.#isQuoted;
      else if (character === '"') this.#isQuoted = !this.#isQuoted;
      else if (this.#isQuoted) continue;
      else if ("{[".includes(character)) this.depth += 1;
      else if ("}]".includes(character)) {
        this.depth -= 1;
        if (this.isOver) return at + 1;
      }
    }
    return undefined;
  }
}
