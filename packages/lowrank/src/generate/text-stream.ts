// Tokens as text while they come. A character may need several tokens, so text is given out only once it is whole.

import type { TextTokenizer } from "@lowrank/data";

export class TextStream {
  readonly #ids: number[] = [];
  /** How many tokens' text was given out, and how many it was the time before. */
  #given = 0;
  #givenBefore = 0;

  constructor(private readonly tokenizer: Pick<TextTokenizer, "decode">) {}

  /** Adds a token; returns the text that can be shown now. */
  push(id: number): string {
    this.#ids.push(id);
    const fresh = this.#fresh();
    // U+FFFD at the end: the bytes of a character that is not complete yet.
    if (fresh === "" || fresh.endsWith("\ufffd")) return "";
    this.#givenBefore = this.#given;
    this.#given = this.#ids.length;
    return fresh;
  }

  /** What was held back when no more tokens come. */
  end(): string {
    return this.#fresh();
  }

  get text(): string {
    return this.tokenizer.decode(this.#ids);
  }

  get ids(): readonly number[] {
    return this.#ids;
  }

  /**
   * What the tokens not given out add to the text of those before them, which say whether a space belongs in between. The
   * whole text would not do: a decoder may write what was given out otherwise once more tokens follow (Rust's writes every
   * byte of a run as U+FFFD if the run ends within a character), and then no text would ever follow it.
   */
  #fresh(): string {
    const before = this.tokenizer.decode(this.#ids.slice(this.#givenBefore, this.#given));
    return this.tokenizer.decode(this.#ids.slice(this.#givenBefore)).slice(before.length);
  }
}
