// Streams tokens as text. A character may need several tokens, so text is only returned when its characters are complete.

import type { TextTokenizer } from "@lowrank/data";

export class TextStream {
  readonly #ids: number[] = [];
  /** Number of tokens whose text was returned, now and the time before. */
  #shown = 0;
  #shownBefore = 0;

  constructor(private readonly tokenizer: Pick<TextTokenizer, "decode">) {}

  /** Adds a token; returns the new text to show. */
  push(id: number): string {
    this.#ids.push(id);
    const fresh = this.#fresh();
    // U+FFFD at the end: the bytes of a character that is not complete yet.
    if (fresh === "" || fresh.endsWith("\ufffd")) return "";
    this.#shownBefore = this.#shown;
    this.#shown = this.#ids.length;
    return fresh;
  }

  /** The held-back text at the end. */
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
   * The text that new tokens add to the tokens before them, which decide whether a space is between. Decoding the
   * whole text would not work: a decoder may change earlier text when more tokens follow (Rust's writes every
   * byte of a run as U+FFFD if the run ends within a character), and then no text would ever follow.
   */
  #fresh(): string {
    const before = this.tokenizer.decode(this.#ids.slice(this.#shownBefore, this.#shown));
    return this.tokenizer.decode(this.#ids.slice(this.#shownBefore)).slice(before.length);
  }
}
