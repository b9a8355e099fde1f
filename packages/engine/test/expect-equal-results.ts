// When two computations of one thing count as equal: within 1e-5 of the largest entry of each tensor.

import { expectClose, largestDifference, largestMagnitude } from "@lowrank/testing";

/** A value and its gradients. */
export type Results = readonly ArrayLike<number>[];

/** What the results may be off by beyond 1e-5 of their largest entry. */
export interface Rounding {
  /** In place of 1e-5. */
  readonly tolerance?: number | undefined;
  /** For each result the largest of the terms that cancel in it; counts where it exceeds all entries. */
  readonly terms?: readonly number[] | undefined;
  /**
   * The results for inputs that are off by about 1e-5 of themselves: where these differ by more than 1e-5 of the largest entry
   * – a sum whose terms nearly cancel – the inputs do not determine the results better. Asked for only if needed.
   */
  readonly nearby?: () => Promise<Results>;
}

/** Throws unless all results are equal. */
export async function expectEqualResults(actual: Results, expected: Results, rounding: Rounding): Promise<void> {
  for (const [index, values] of expected.entries()) {
    const what = index === 0 ? "value" : `gradient of input ${index - 1}`;
    await expectEqualPart(actual[index] ?? [], values, { ...rounding, what, index, whole: expected });
  }
}

/** Which entries of which result are compared. */
interface Part extends Rounding {
  readonly what: string;
  readonly index: number;
  /** Results whose largest entries count. */
  readonly whole: Results;
}

/** Throws unless these entries of the result `index` are equal. */
export async function expectEqualPart(
  actual: ArrayLike<number>,
  expected: ArrayLike<number>,
  { tolerance = 1e-5, terms, nearby, what, index, whole }: Part,
): Promise<void> {
  const values = whole[index] ?? [];
  const bound = tolerance * Math.max(largestMagnitude(values), terms?.[index] ?? 0);
  if (largestDifference(actual, expected).difference <= bound || nearby === undefined) {
    expectClose(actual, expected, bound, what);
    return;
  }
  const moved = (await nearby())[index] ?? [];
  expectClose(actual, expected, Math.max(bound, largestDifference(moved, values).difference), what);
}

/** Inputs that are off by up to 1e-5 of themselves, without a pattern. */
export function nearbyInput(values: Float32Array): Float32Array {
  return values.map((value, position) => value * (1 + 1e-5 * Math.sin((position + 1) * 78.233)));
}
