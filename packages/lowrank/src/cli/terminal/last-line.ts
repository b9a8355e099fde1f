// The last line of a terminal, which is updated while other lines are printed above it. All output goes through here:
// two writers to one terminal would mix up their lines.

import type { CommandIo } from "../io.ts";

const back = "\r\u001b[K"; // moves to the beginning of the line and clears it

export class LastLine {
  readonly #texts = new Map<string, string>();

  constructor(private readonly io: Pick<CommandIo, "stderr" | "terminal">) {}

  get isWatched(): boolean {
    return this.io.terminal !== undefined;
  }

  /** Maximum columns of a text. Three stay free for "^C", which a terminal writes after it, so that it does not wrap. */
  get columns(): number {
    const columns = this.io.terminal?.columns || 80; // 0 if a terminal does not know its size
    return Math.max(1, columns - 3);
  }

  /** Draws a text. If several owners have one, the latest owner's text is shown. */
  show(owner: string, text: string): void {
    this.#texts.set(owner, text);
    this.#draw();
  }

  remove(owner: string): void {
    if (!this.#texts.delete(owner) || !this.isWatched) return;
    this.io.stderr(back);
    this.#draw();
  }

  /** Makes an owner's text an ordinary line, which stays. */
  finish(owner: string): void {
    const text = this.#texts.get(owner);
    this.remove(owner);
    if (text !== undefined && this.isWatched) this.above(() => this.io.stderr(`${this.#cut(text)}\n`));
  }

  above(print: () => void): void {
    if (this.#texts.size > 0 && this.isWatched) this.io.stderr(back);
    print();
    this.#draw();
  }

  #draw(): void {
    const text = [...this.#texts.values()].at(-1);
    if (text !== undefined && this.isWatched) this.io.stderr(`\r${this.#cut(text)}\u001b[K`);
  }

  #cut(text: string): string {
    return text.slice(0, this.columns);
  }
}
