// A text that ends before one of some others, which its reader never sees: pieces come, and what may be the beginning of a
// stop is held back until more is known.

export class StopTrimmer {
  #held = "";
  #isOver = false;

  constructor(private readonly stops: readonly string[]) {}

  /** Whether a stop has come. */
  get isOver(): boolean {
    return this.#isOver;
  }

  /** What can be shown of the text after one more piece. */
  push(piece: string): string {
    if (this.#isOver) return "";
    const text = this.#held + piece;
    const places = this.stops.map((stop) => text.indexOf(stop)).filter((place) => place >= 0);
    if (places.length > 0) {
      this.#isOver = true;
      this.#held = "";
      return text.slice(0, Math.min(...places));
    }
    const held = Math.max(0, ...this.stops.map((stop) => begunBy(text, stop)));
    this.#held = text.slice(text.length - held);
    return text.slice(0, text.length - held);
  }

  /** What was held back and turned out to be no stop. */
  end(): string {
    const held = this.#held;
    this.#held = "";
    return held;
  }
}

/** How many of the text's last characters are the stop's first. */
function begunBy(text: string, stop: string): number {
  for (let length = Math.min(stop.length - 1, text.length); length > 0; length--)
    if (text.endsWith(stop.slice(0, length))) return length;
  return 0;
}
