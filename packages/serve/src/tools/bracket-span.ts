// Finds the end of a value in brackets while its text arrives, in one pass.

/** One value in brackets: JSON, or the arguments of a Python call. */
export class BracketSpan {
  #quote = "";
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
      else if (this.#quote !== "") {
        if (character === "\\") this.#isEscaped = true;
        else if (character === this.#quote) this.#quote = "";
      } else if (character === '"' || character === "'") this.#quote = character;
      else if ("{[(".includes(character)) this.depth += 1;
      else if ("}])".includes(character)) {
        this.depth -= 1;
        if (this.isOver) return at + 1;
      }
    }
    return undefined;
  }
}
