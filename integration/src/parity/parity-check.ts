// One comparison with what PEFT computed.

import { largestDifference, largestMagnitude } from "@lowrank/testing";

/** What was compared, and how it went. */
export interface ParityCheck {
  readonly what: string;
  /** Largest absolute difference, or relative to the largest expected entry where `isRelative`. */
  readonly difference: number;
  readonly tolerance: number;
  readonly isRelative: boolean;
  /** What the reader must know to judge the difference. */
  readonly note?: string;
}

/** Compares numbers entry by entry; `skip` leaves out entries that mean nothing. */
export function compare(
  what: string,
  numbers: { readonly actual: ArrayLike<number>; readonly expected: ArrayLike<number> },
  options: { readonly tolerance: number; readonly isRelative?: boolean; readonly skip?: (index: number) => boolean },
): ParityCheck {
  const { tolerance, isRelative = false, skip = () => false } = options;
  const kept = (values: ArrayLike<number>) => Array.from(values).filter((_, index) => !skip(index));
  const [actual, expected] = [kept(numbers.actual), kept(numbers.expected)];
  if (numbers.actual.length !== numbers.expected.length) return { what, difference: Infinity, tolerance, isRelative };
  const { difference } = largestDifference(actual, expected);
  const unit = isRelative ? largestMagnitude(expected) || 1 : 1;
  return { what, difference: difference / unit, tolerance, isRelative };
}

/** The check with the largest difference. */
export function worst(checks: readonly ParityCheck[]): ParityCheck {
  if (checks.length === 0) throw new Error("Nothing was compared.");
  return checks.reduce((most, check) => (check.difference > most.difference ? check : most));
}

/** Whether the difference is within its tolerance. */
export function isWithin({ difference, tolerance }: ParityCheck): boolean {
  return difference <= tolerance;
}
