// Compiles a pattern to instructions for a matcher that never does the same work twice.

import { type PatternTree, parsePattern } from "./pattern-tree.ts";

/** One instruction; `next`, `first` and `second` are indices of other instructions. */
export type Instruction =
  | { readonly kind: "character"; readonly accepts: (codePoint: number) => boolean }
  /** Tries `first`, then `second`; `id` is the number of this split. */
  | { kind: "split"; first: number; second: number; readonly id: number }
  | { kind: "jump"; to: number }
  /** Lookahead or lookbehind: its pattern starts after this instruction and ends with a "found". */
  | { kind: "look"; next: number; readonly isNegated: boolean }
  | { readonly kind: "look-behind"; readonly accepts: (codePoint: number) => boolean; readonly isNegated: boolean }
  | { readonly kind: "found" };

/** Instructions, and the number of splits among them. */
export interface PatternProgram {
  readonly instructions: readonly Instruction[];
  readonly splits: number;
}

const maxInstructions = 5000;

/** Compiles a RegExp's source. Throws SyntaxError for patterns that cannot run in bounded time. */
export function compilePattern(source: string): PatternProgram {
  return new Compiler().compile(parsePattern(source));
}

class Compiler {
  readonly #instructions: Instruction[] = [];
  #splits = 0;

  compile(tree: PatternTree): PatternProgram {
    this.#write(tree);
    this.#add({ kind: "found" });
    return { instructions: this.#instructions, splits: this.#splits };
  }

  #write(tree: PatternTree): void {
    switch (tree.kind) {
      case "character":
        this.#add({ kind: "character", accepts: acceptanceOf([tree.source]) });
        return;
      case "sequence":
        for (const part of tree.parts) this.#write(part);
        return;
      case "choice":
        this.#writeChoice(tree.parts);
        return;
      case "repeat":
        this.#writeRepeat(tree);
        return;
      case "look":
        this.#writeLook(tree);
        return;
    }
  }

  #writeChoice(parts: readonly PatternTree[]): void {
    const jumps = parts.map((part, index) => {
      if (index === parts.length - 1) {
        this.#write(part);
        return undefined;
      }
      const split = this.#split();
      this.#write(part);
      const jump = this.#add({ kind: "jump", to: 0 });
      split.second = this.#instructions.length;
      return jump;
    });
    for (const jump of jumps) if (jump !== undefined) jump.to = this.#instructions.length;
  }

  #writeRepeat({ body, min, max, isLazy }: Extract<PatternTree, { kind: "repeat" }>): void {
    if (max > 1 && canBeEmpty(body)) throw new SyntaxError("a pattern that repeats a part which can be empty");
    for (let count = 0; count < min; count += 1) this.#write(body);
    const start = this.#instructions.length;
    const splits: { first: number; second: number }[] = [];
    for (let count = min; count < (max === Infinity ? min + 1 : max); count += 1) {
      splits.push(this.#split());
      this.#write(body);
    }
    if (max === Infinity) this.#add({ kind: "jump", to: start });
    for (const split of splits) {
      split.second = this.#instructions.length;
      if (isLazy) [split.first, split.second] = [split.second, split.first];
    }
  }

  #writeLook({ body, isNegated, isBehind }: Extract<PatternTree, { kind: "look" }>): void {
    if (isBehind) {
      this.#add({ kind: "look-behind", accepts: acceptanceOf(charactersOf(body)), isNegated });
      return;
    }
    const look = this.#add({ kind: "look", next: 0, isNegated });
    this.#write(body);
    this.#add({ kind: "found" });
    look.next = this.#instructions.length;
  }

  #split(): { first: number; second: number } {
    const split = { kind: "split" as const, first: this.#instructions.length + 1, second: 0, id: this.#splits };
    this.#splits += 1;
    return this.#add(split);
  }

  #add<T extends Instruction>(instruction: T): T {
    this.#instructions.push(instruction);
    if (this.#instructions.length > maxInstructions) {
      throw new SyntaxError(`a pattern with nested repetitions of more than ${maxInstructions} steps`);
    }
    return instruction;
  }
}

/** Lookbehind supports one character; a longer one would need a matcher that runs backwards. */
function charactersOf(tree: PatternTree): string[] {
  if (tree.kind === "character") return [tree.source];
  if (tree.kind === "choice") return tree.parts.flatMap(charactersOf);
  if (tree.kind === "sequence" && tree.parts.length === 1 && tree.parts[0]) return charactersOf(tree.parts[0]);
  throw new SyntaxError("a pattern with a lookbehind of more than one character");
}

function canBeEmpty(tree: PatternTree): boolean {
  if (tree.kind === "character") return false;
  if (tree.kind === "look") return true;
  if (tree.kind === "repeat") return tree.min === 0 || canBeEmpty(tree.body);
  return tree.kind === "choice" ? tree.parts.some(canBeEmpty) : tree.parts.every(canBeEmpty);
}

const maxRemembered = 2 ** 14;

/** Character classes are run by the engine, because they never backtrack. The results are cached for a limited number of characters. */
function acceptanceOf(sources: readonly string[]): (codePoint: number) => boolean {
  const pattern = new RegExp(`^(?:${sources.join("|")})$`, "u");
  const cache = new Map<number, boolean>();
  return (codePoint) => {
    let accepted = cache.get(codePoint);
    if (accepted === undefined) {
      if (cache.size >= maxRemembered) cache.clear();
      accepted = pattern.test(String.fromCodePoint(codePoint));
      cache.set(codePoint, accepted);
    }
    return accepted;
  };
}
