// Compares trained tensors with PEFT's, entry by entry, except entries that rounding can send anywhere.

import { type Fixture, type FixtureTensor, largestMagnitude } from "@lowrank/testing";
import { compare, type ParityCheck, worst } from "../fixture/parity-check.ts";
import { roundingDecides, unstableEntries } from "./unstable-entries.ts";

const tolerance = 2e-5;

/** This many entries may be off, in all tensors together, because rounding of their first gradient decides: 1 in this many. */
const oneIn = 1000;

/** What entries that are off may add to the losses, at most. */
const largestDrift = 1e-4;

interface Trained {
  /** The fixture's, by name. */
  readonly wanted: ReadonlyMap<string, FixtureTensor>;
  /** Ours, by the same names. */
  actual(key: string): ArrayLike<number>;
  /** The first gradient of the training, which no fixture has. */
  readonly first: ReadonlyMap<string, Float32Array>;
}

/** How the tensors compare, and what must be allowed for in what follows from them. */
export interface FinalTensors {
  readonly check: ParityCheck;
  /** Excluded entries: the marked ones, and those whose direction rounding decided. */
  isRandom(key: string): (index: number) => boolean;
  /** What the entries that are off may add to the losses: their distance times the largest gradient; 0 if none is. */
  readonly drift: number;
}

/**
 * Compares everything but the entries that the fixture marks, or whose gradient is zero up to rounding. Another entry may
 * be off only where rounding of its first gradient decides, and only where few are: the note says how many.
 */
export function compareFinalTensors(fixture: Fixture, { wanted, actual, first }: Trained): FinalTensors {
  const off = new Map<string, ReadonlySet<number>>();
  let [entries, drift] = [0, 0];
  for (const [key, { values }] of wanted) {
    const gradient = first.get(key) ?? new Float32Array();
    const [ours, isMarked, isDecided] = [
      actual(key),
      unstableEntries(fixture, key),
      roundingDecides(fixture, gradient),
    ];
    const distance = (index: number) => Math.abs((ours[index] ?? Number.NaN) - values[index]!);
    const indices = Array.from(values, (_, index) => index);
    const astray = indices.filter((index) => !isMarked(index) && isDecided(index) && distance(index) > tolerance);
    off.set(key, new Set(astray));
    drift += largestMagnitude(gradient) * astray.reduce((sum, index) => sum + distance(index), 0);
    entries += values.length;
  }
  const count = [...off.values()].reduce((sum, { size }) => sum + size, 0);
  const areFew = count <= Math.max(1, entries / oneIn);
  const checks = [...wanted].map(([key, { values }]) => {
    const isMarked = unstableEntries(fixture, key);
    const skip = (index: number) => isMarked(index) || (areFew && off.get(key)?.has(index) === true);
    return compare("final tensors", { actual: actual(key), expected: values }, { tolerance, skip });
  });
  const note = `rounding decided ${count} of ${entries} entries`;
  return {
    check: count === 0 ? worst(checks) : { ...worst(checks), note },
    isRandom: (key) => {
      const [isMarked, isDecided] = [unstableEntries(fixture, key), roundingDecides(fixture, first.get(key))];
      return (index) => isMarked(index) || (areFew && isDecided(index));
    },
    drift: areFew ? Math.min(drift, largestDrift) : 0,
  };
}
