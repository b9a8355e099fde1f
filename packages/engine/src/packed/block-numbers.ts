// A number for each block of a matrix: its scale, or its minimum.

import { f16Values } from "@lowrank/contracts/internal";

/** Numbers that are whole multiples of a step, which `span` blocks share: number i is `steps[⌊i / span⌋] · multiples[i]`. */
export interface SteppedNumbers {
  /** Bits of f16 numbers. */
  readonly steps: Uint16Array;
  readonly multiples: Int8Array;
  readonly span: number;
}

/** A number for each block, row by row; a Uint16Array holds the bits of f16 numbers. */
export type BlockNumbers = Float32Array | Uint16Array | SteppedNumbers;

/** How many they are; NaN for steps and multiples that do not belong together. */
export function countOf(numbers: BlockNumbers): number {
  if (!isStepped(numbers)) return numbers.length;
  const { steps, multiples, span } = numbers;
  return Math.ceil(multiples.length / span) === steps.length ? multiples.length : Number.NaN;
}

/** Memory that they take. */
export function numberBytes(numbers: BlockNumbers): number {
  return isStepped(numbers) ? numbers.steps.byteLength + numbers.multiples.byteLength : numbers.byteLength;
}

/** Writes `count` numbers, beginning with number `first`, into `target` at index `at`. */
export function readNumbers(
  target: Float32Array,
  numbers: BlockNumbers,
  { first, count, at }: { readonly first: number; readonly count: number; readonly at: number },
): void {
  if (numbers instanceof Float32Array) {
    target.set(numbers.subarray(first, first + count), at);
    return;
  }
  const values = f16Values();
  if (numbers instanceof Uint16Array) {
    for (let index = 0; index < count; index++) target[at + index] = values[numbers[first + index]!]!;
    return;
  }
  const { steps, multiples, span } = numbers;
  for (let index = 0, number = first; index < count; index++, number++)
    target[at + index] = values[steps[Math.floor(number / span)]!]! * multiples[number]!;
}

/** All of them. */
export function allNumbers(numbers: BlockNumbers): Float32Array {
  if (numbers instanceof Float32Array) return numbers;
  const count = countOf(numbers);
  const target = new Float32Array(count);
  readNumbers(target, numbers, { first: 0, count, at: 0 });
  return target;
}

/** The numbers of several matrices one after another; undefined if they are stored in different forms. */
export function joinNumbers(parts: readonly BlockNumbers[]): BlockNumbers | undefined {
  if (parts.every((part) => part instanceof Float32Array)) return joined(parts, Float32Array);
  if (parts.every((part) => part instanceof Uint16Array)) return joined(parts, Uint16Array);
  const stepped = parts.filter(isStepped);
  const [first] = stepped;
  const areAlike = stepped.length === parts.length && stepped.every(({ span }) => span === first?.span);
  // A step that is shared by blocks of two matrices would be two.
  if (first === undefined || !areAlike || stepped.some(({ multiples, span }) => multiples.length % span !== 0))
    return undefined;
  return {
    steps: joined(
      stepped.map(({ steps }) => steps),
      Uint16Array,
    ),
    multiples: joined(
      stepped.map(({ multiples }) => multiples),
      Int8Array,
    ),
    span: first.span,
  };
}

/** Whether they are multiples of shared steps. */
export function isStepped(numbers: BlockNumbers): numbers is SteppedNumbers {
  return "multiples" in numbers;
}

interface Numbers extends ArrayLike<number> {
  set(values: ArrayLike<number>, offset: number): void;
}

/** Typed arrays one after another. */
export function joined<Kind extends Numbers>(
  parts: readonly ArrayLike<number>[],
  Kind: new (length: number) => Kind,
): Kind {
  const joined = new Kind(parts.reduce((sum, part) => sum + part.length, 0));
  let offset = 0;
  for (const part of parts) {
    joined.set(part, offset);
    offset += part.length;
  }
  return joined;
}
