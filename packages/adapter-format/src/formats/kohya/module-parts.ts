// The tensors of one module in a file, and the pair that is made of them.

import type { AdapterTensor } from "../../adapter.ts";
import type { KohyaPart } from "./key-spellings.ts";

/** The tensors of a module by what they are to it. */
export type ModuleParts = ReadonlyMap<KohyaPart, AdapterTensor>;

/** A pair, and what its product is multiplied by. */
export interface PlainPair {
  /** [rank, inFeatures], of a convolution [rank, channels, height, width] */
  readonly a: AdapterTensor;
  /** [outFeatures, rank], of a convolution [outFeatures, rank, 1, 1] */
  readonly b: AdapterTensor;
  readonly scale: number;
}

/** What is wrong with a module. */
export interface Reason {
  readonly problem: string;
}

/** The largest rank that an adapter may have. */
const mostRank = 4096;
/** The most numbers that a factor may grow to: what a small file says must not take all memory. */
const mostNumbers = 2 ** 26;

/** α/rank; without an α, or with 0, it is the rank. */
export function scaleOf(parts: ModuleParts, rank: number): number {
  const alpha = parts.get("alpha")?.values[0] ?? 0;
  return alpha === 0 ? 1 : alpha / rank;
}

/** Two matrices of the module whose product is meant. */
export function factorsIn(
  parts: ModuleParts,
  names: { readonly a: KohyaPart; readonly b: KohyaPart },
): Reason | Omit<PlainPair, "scale"> {
  const [a, b] = [parts.get(names.a), parts.get(names.b)];
  if (a === undefined || b === undefined) return { problem: `has no ${a === undefined ? names.a : names.b}` };
  if (a.shape.length !== 2 || b.shape.length !== 2 || a.shape[0] !== b.shape[1])
    return { problem: `has a ${names.a} and a ${names.b} that are no two matrices of one rank` };
  return { a, b };
}

/** Why factors of that size are not made; undefined where they are. */
export function excessOf(rank: number, features: number): Reason | undefined {
  if (rank > mostRank) return { problem: `would be of rank ${rank} as one pair, more than ${mostRank}` };
  return rank * features > mostNumbers ? { problem: "would grow to too many numbers as one pair" } : undefined;
}

/** [rows, columns] of a matrix. */
export function sizesOf({ shape: [rows = 0, columns = 0] }: AdapterTensor): readonly [number, number] {
  return [rows, columns];
}
