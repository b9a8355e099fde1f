// Splits off validation rows that share no input with the training rows.

import { type OptionNames, refuseUnknownOptions } from "@lowrank/contracts/internal";
import { ExampleError } from "../errors.ts";
import { shuffled } from "./shuffled.ts";

/** The two parts; no key is in both. */
export interface Split<T> {
  readonly train: readonly T[];
  readonly validation: readonly T[];
}

/** How to split. */
export interface SplitOptions {
  /** Share of the distinct keys that is used for validation, between 0 and 1. */
  readonly share: number;
  readonly seed: number;
}

const optionNames: OptionNames<SplitOptions> = { share: true, seed: true };

/**
 * Splits examples so that all examples with the same key are in the same part. The order within a part stays.
 *
 * Data sets such as E2E have several answers to one input: a split by row would validate on inputs that were trained.
 * Throws ExampleError where a part would be empty.
 *
 * @example
 * ```ts
 * import { splitByKey } from "@lowrank/data";
 *
 * const rows = ["a1", "a2", "b1", "b2", "c1"];
 * const { train, validation } = splitByKey(rows, (row) => row.slice(0, 1), { share: 0.4, seed: 1 });
 * if (train.some((row) => validation.some((other) => other[0] === row[0]))) throw new Error("a key is in both");
 * ```
 */
export function splitByKey<T>(examples: readonly T[], keyOf: (example: T) => string, options: SplitOptions): Split<T> {
  refuseUnknownOptions("splitByKey", options, optionNames);
  const { train, validation } = splitIndices(examples, keyOf, options);
  const pick = (indices: readonly number[]) => indices.map((index) => examples[index] as T);
  return { train: pick(train), validation: pick(validation) };
}

/** The same for any list of rows: returns the indices of each part. */
export function splitIndices<T>(
  examples: Iterable<T>,
  keyOf: (example: T) => unknown,
  { share, seed }: SplitOptions,
): Split<number> {
  if (!(share > 0 && share < 1)) throw new ExampleError(`The validation share must be between 0 and 1, got ${share}.`);
  const numbers = new Map<unknown, number>();
  const keyNumbers: number[] = [];
  for (const example of examples) {
    const key = keyOf(example);
    const number = numbers.get(key) ?? numbers.size;
    numbers.set(key, number);
    keyNumbers.push(number);
  }
  const count = numbers.size;
  const heldCount = Math.round(count * share);
  if (heldCount === 0 || heldCount === count) {
    throw new ExampleError(`${count} different inputs with a share of ${share}: one part is empty.`);
  }
  const isHeld = new Set(shuffled(count, seed).slice(0, heldCount));
  const indices = (isInHeldPart: boolean) => {
    return keyNumbers.flatMap((number, index) => (isHeld.has(number) === isInHeldPart ? [index] : []));
  };
  return { train: indices(false), validation: indices(true) };
}
