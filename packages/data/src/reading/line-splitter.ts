// Splits a text that arrives in pieces into lines, with at most one line in memory.

import { dataFileError } from "../errors.ts";
import type { ReadLimits } from "./read-options.ts";

/** Calls `onLine` with each line (without its end) and its number from 1. Lines end with LF or CRLF. */
export class LineSplitter {
  #rest: string[] = [];
  #restLength = 0;
  #size = 0;
  #line = 0;

  constructor(
    private readonly limits: ReadLimits,
    private readonly onLine: (line: string, number: number) => void,
  ) {}

  push(piece: string): void {
    this.#size += piece.length;
    const { file, maxSize } = this.limits;
    if (this.#size > maxSize)
      throw dataFileError(file, `it is larger than ${maxSize} characters. Raise maxSize to read it.`);
    let start = 0;
    for (let end = piece.indexOf("\n"); end !== -1; end = piece.indexOf("\n", start)) {
      this.#append(piece.slice(start, end));
      this.#emit();
      start = end + 1;
    }
    this.#append(piece.slice(start));
  }

  /** Ends the text. The last line need not end with LF. */
  end(): void {
    if (this.#restLength > 0) this.#emit();
  }

  #append(part: string): void {
    if (part === "") return;
    this.#rest.push(part);
    this.#restLength += part.length;
    const { file, maxRowLength } = this.limits;
    if (this.#restLength > maxRowLength) {
      const where = `line ${this.#line + 1} is longer than ${maxRowLength} characters`;
      throw dataFileError(file, `${where}. Raise maxRowLength to read it.`);
    }
  }

  #emit(): void {
    const whole = this.#rest.join("");
    this.#rest = [];
    this.#restLength = 0;
    this.#line += 1;
    const line = this.#line === 1 ? withoutByteOrderMark(whole) : whole;
    this.onLine(line.endsWith("\r") ? line.slice(0, -1) : line, this.#line);
  }
}

/** The text without a byte order mark. */
export function withoutByteOrderMark(text: string): string {
  return text.startsWith("\uFEFF") ? text.slice(1) : text;
}
