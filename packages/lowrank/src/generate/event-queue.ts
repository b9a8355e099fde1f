// What one part of a program has found out and another reads when it likes.

/** Values in order; reading waits for the next one. */
export class EventQueue<Value> {
  readonly #values: Value[] = [];
  #wake: (() => void) | undefined;

  push(value: Value): void {
    this.#values.push(value);
    this.#wake?.();
  }

  /** The next value. One reader at a time. */
  async next(): Promise<Value> {
    for (;;) {
      if (this.#values.length > 0) return this.#values.shift() as Value;
      await new Promise<void>((resolve) => {
        this.#wake = resolve;
      });
    }
  }
}
