// Tokens as text while they come. A character may need several tokens, so text is given out only once it is whole.

import type { TextTokenizer } from "@lowrank/data";

/** Collects the tokens of one continuation. */
export class TextStream {
  readonly #ids: number[] = [];
  #shown = "";

  constructor(private readonly tokenizer: Pick<TextTokenizer, "decode">) {}

  /** Adds a token; returns the text that can be shown now. */
  push(id: number): string {
    this.#ids.push(id);
    const text = this.text;
    // U+FFFD at the end: the bytes of a character that is not complete yet.
    if (text.endsWith("\ufffd") || !text.startsWith(this.#shown)) return "";
    const fresh = text.slice(this.#shown.length);
    this.#shown = text;
    return fresh;
  }

  /** What was held back when no more tokens come. */
  end(): string {
    return this.text.startsWith(this.#shown) ? this.text.slice(this.#shown.length) : "";
  }

  get text(): string {
    return this.tokenizer.decode(this.#ids);
  }

  get ids(): readonly number[] {
    return this.#ids;
  }
}
