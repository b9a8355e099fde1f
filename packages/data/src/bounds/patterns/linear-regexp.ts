// A RegExp whose time is linear in the text's length, where the engine's time may double with each character. It tries the
// same alternatives in the same order, but never one that failed at the same position before, as in RE2's BitState. RE2
// itself lacks lookahead, which almost every tokenizer needs, and Unicode's binary properties.

import { TokenizationError } from "../../errors.ts";
import { compilePattern, type Instruction, type PatternProgram } from "./pattern-program.ts";

/** Maximum steps for each character of a text; GPT-4o's pattern takes about 60. */
const stepsForCharacter = 1000;
/** Additional steps for any text: groups of three digits look ahead to the number's end. */
const stepsForText = 2 ** 22;
/** Maximum bits for remembered failures: 64 MB. */
const maxRemembered = 2 ** 29;

const programs = new Map<string, PatternProgram>();

/** Acts like a RegExp with the flags g and u, without captured groups. */
export class LinearRegExp extends RegExp {
  readonly #program: PatternProgram;
  #matcher: Matcher | undefined;

  /** Throws SyntaxError if the pattern cannot run in bounded time. Methods of String call it with a LinearRegExp. */
  constructor(source: string | RegExp, flags = "gu") {
    super(source, flags);
    this.#program = programOf(this.source);
  }

  override exec(text: string): RegExpExecArray | null {
    const isFurther = this.#matcher?.text === text && this.lastIndex >= this.#matcher.lastEnd;
    if (!isFurther) this.#matcher = new Matcher(text, this.#program, this.source);
    const matcher = this.#matcher as Matcher;
    const isSticky = this.sticky;
    for (let start = this.lastIndex; start <= text.length; start += characterLength(text, start)) {
      const end = matcher.endFrom(start);
      if (end !== undefined) {
        this.lastIndex = end;
        const match: [string] = [text.slice(start, end)];
        return Object.assign(match, { index: start, input: text });
      }
      if (isSticky) break;
    }
    this.lastIndex = 0;
    return null;
  }
}

/** Cached, because `split` makes a new object with the same pattern for each text. */
function programOf(source: string): PatternProgram {
  const cached = programs.get(source);
  if (cached !== undefined) return cached;
  const program = compilePattern(source);
  if (programs.size >= 100) programs.clear();
  programs.set(source, program);
  return program;
}

class Matcher {
  /** Where the last match ended. Remembered failures are valid only after this position. */
  lastEnd = 0;
  readonly #failed: Uint8Array;
  #stepsLeft: number;

  constructor(
    readonly text: string,
    private readonly program: PatternProgram,
    private readonly source: string,
  ) {
    const bits = (text.length + 1) * program.splits;
    if (bits > maxRemembered) {
      throw new TokenizationError(`the text is too long for the pattern ${shortened(source)}`, maxRemembered);
    }
    this.#failed = new Uint8Array(Math.ceil(bits / 8));
    this.#stepsLeft = text.length * stepsForCharacter + stepsForText;
  }

  /** Where the match that starts here ends; undefined if there is none. */
  endFrom(start: number): number | undefined {
    const end = this.#run(0, start, undefined);
    // The next match starts here, so positions of a successful match must not count as failures.
    if (end === undefined) return undefined;
    const { splits } = this.program;
    for (let remember = 0; remember < splits; remember += 1) this.#clear(end * splits + remember);
    this.lastEnd = end;
    return end;
  }

  /** `visited` collects the remembered positions, if they must be forgotten after a success. */
  #run(entry: number, start: number, visited: number[] | undefined): number | undefined {
    const waiting = [entry, start];
    while (waiting.length > 0) {
      let position = waiting.pop() as number;
      let counter: number | undefined = waiting.pop() as number;
      while (counter !== undefined) {
        const instruction = this.program.instructions[counter] as Instruction;
        if (instruction.kind === "found") return position;
        this.#spend();
        if (instruction.kind === "character") {
          const codePoint = this.text.codePointAt(position);
          if (codePoint === undefined || !instruction.accepts(codePoint)) counter = undefined;
          else {
            position += codePoint > 0xffff ? 2 : 1;
            counter += 1;
          }
        } else if (instruction.kind === "split") {
          if (this.#remember(position, instruction.id, visited)) {
            waiting.push(instruction.second, position);
            counter = instruction.first;
          } else counter = undefined;
        } else if (instruction.kind === "jump") counter = instruction.to;
        else counter = this.#look(instruction, counter, position);
      }
    }
    return undefined;
  }

  /** The next instruction, if the lookaround succeeds at this position. */
  #look(instruction: Instruction, counter: number, position: number): number | undefined {
    if (instruction.kind === "look-behind") {
      const before = codePointBefore(this.text, position);
      const isFound = before !== undefined && instruction.accepts(before);
      return isFound === instruction.isNegated ? undefined : counter + 1;
    }
    if (instruction.kind !== "look") return undefined;
    const visited: number[] = [];
    const isFound = this.#run(counter + 1, position, visited) !== undefined;
    if (isFound) for (const bit of visited) this.#clear(bit);
    return isFound === instruction.isNegated ? undefined : instruction.next;
  }

  #spend(): void {
    this.#stepsLeft -= 1;
    if (this.#stepsLeft >= 0) return;
    const reason = `the pattern ${shortened(this.source)} needs more than ${stepsForCharacter} steps per character.`;
    throw new TokenizationError(reason, stepsForCharacter);
  }

  /** Remembers a split at a position; false if it was tried before. */
  #remember(position: number, remember: number, visited: number[] | undefined): boolean {
    const bit = position * this.program.splits + remember;
    const byte = this.#failed[bit >>> 3] as number;
    const mask = 1 << (bit & 7);
    if ((byte & mask) !== 0) return false;
    this.#failed[bit >>> 3] = byte | mask;
    visited?.push(bit);
    return true;
  }

  #clear(bit: number): void {
    this.#failed[bit >>> 3] = (this.#failed[bit >>> 3] as number) & ~(1 << (bit & 7));
  }
}

function shortened(source: string): string {
  return JSON.stringify(source.length > 60 ? `${source.slice(0, 60)}…` : source);
}

function characterLength(text: string, at: number): number {
  return (text.codePointAt(at) ?? 0) > 0xffff ? 2 : 1;
}

function codePointBefore(text: string, at: number): number | undefined {
  if (at === 0) return undefined;
  const unit = text.charCodeAt(at - 1);
  const isSecondHalf = unit >= 0xdc00 && unit <= 0xdfff;
  return isSecondHalf && at > 1 && characterLength(text, at - 2) === 2 ? text.codePointAt(at - 2) : unit;
}
