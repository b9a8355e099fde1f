// What a parent asks of a child, and what the child tells while it works.

import { readSync, writeSync } from "node:fs";

/** Inputs for a child: first the files, then what the target generates. */
export interface Job {
  readonly target: string;
  readonly seed: number;
  /** Paths of inputs that are run first; they have the numbers from 0 on. */
  readonly files: readonly string[];
  /** The number of the first input that is run. */
  readonly from: number;
  /** The number before which to stop, and the milliseconds after which to stop. */
  readonly until: number;
  readonly milliseconds: number;
  /** A file that tells how far the child is: even where it dies, the parent knows which input it was at. */
  readonly progress: string;
  /** Where to keep each input before it is run. */
  readonly keep?: string;
}

/** How far a child is. */
export interface Progress {
  /** The number of the input that is running; −1 before the first. */
  readonly index: number;
  readonly accepted: number;
}

/** A child's message. */
export type Report =
  | { readonly kind: "problem"; readonly message: string; readonly signature: string; readonly input: string }
  | { readonly kind: "done" };

export function writeProgress(file: number, { index, accepted }: Progress): void {
  writeSync(file, Float64Array.of(index, accepted), 0, 16, 0);
}

export function readProgress(file: number): Progress {
  const numbers = new Float64Array(2);
  const isThere = readSync(file, numbers, 0, 16, 0) === 16;
  const [index = -1, accepted = 0] = isThere ? numbers : [];
  return { index, accepted };
}
