// The last line of a terminal, which is drawn again and again while other lines are printed above it. Whoever prints goes
// through here: two that write to one terminal by themselves tear each other's lines.

import type { CommandIo } from "../io.ts";

const back = "\r\u001b[K"; // to the line's beginning, and away with what stands there

export class LastLine {
  readonly #texts = new Map<string, string>();

  constructor(private readonly io: Pick<CommandIo, "stderr" | "terminal">) {}

  get isWatched(): boolean {
    return this.io.terminal !== undefined;
  }

  /** Columns that a text may take: some stay free for "^C", which a terminal writes behind it; full to its edge it would begin another line. */
  get columns(): number {
    const columns = this.io.terminal?.columns || 80; // 0 where a terminal does not know its size
    return Math.max(1, columns - 3);
  }

  /** Draws a text, or the latest text of whoever came later and is not done yet. */
  show(owner: string, text: string): void {
    this.#texts.set(owner, text);
    this.#draw();
  }

  remove(owner: string): void {
    if (!this.#texts.delete(owner) || !this.isWatched) return;
    this.io.stderr(back);
    this.#draw();
  }

  /** Leaves an owner's text where it stands, as a line like any other. */
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
