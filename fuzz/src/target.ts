// What the fuzzer needs to know of a reader.

import { LowrankError } from "@lowrank/contracts";
import type { Random } from "./inputs/random.ts";

/** A reader under test. */
export interface Target {
  /** How many inputs there are, where `generate` counts them off; absent: any number. */
  readonly count?: number;
  /** One input; the same `random` (or, for a counted target, `index`) gives the same bytes. */
  generate(random: Random, index: number): Uint8Array;
  /**
   * Reads an input. Ends well where the reader accepts it and gave a right answer, throws the reader's own LowrankError
   * where it refuses, and WrongAnswerError where it should have refused or its answer is wrong. What a reader reads from a
   * disk goes into `folder`.
   */
  check(input: Uint8Array, folder: string): void | Promise<void>;
}

/** A reader accepted what it should have refused, or gave a wrong answer. */
class WrongAnswerError extends Error {
  override readonly name = "WrongAnswerError";
}

/** Throws WrongAnswerError unless what is demanded of an answer holds. */
export function demand(holds: boolean, otherwise: string): asserts holds {
  if (!holds) throw new WrongAnswerError(otherwise);
}

/** Runs a step that may refuse in a typed error without keeping the next steps from being tried. */
export function mayRefuse<Result>(step: () => Result): Result | undefined {
  try {
    return step();
  } catch (error) {
    if (!LowrankError.isInstance(error)) throw error;
    return undefined;
  }
}

/** Says that an input – changed too much, or somebody else's – is none that the reader could be given. */
export function notAnInput(): never {
  throw new LowrankError("NOT_AN_INPUT", "The reader cannot be given this.");
}
