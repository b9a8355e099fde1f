// Pairs of many experts' maps as the pair of the stack that the maps became, in PEFT's layout.

import type { AdapterTensor } from "../../adapter.ts";

/** The pairs of one map, by expert. */
export interface ExpertPairs {
  /** [rank, inFeatures] each */
  readonly a: AdapterTensor[];
  /** [outFeatures, rank] each */
  readonly b: AdapterTensor[];
  /** What each product is multiplied by. */
  readonly scale: number;
}

/** A stack's pair. */
export interface StackedPair {
  /** [experts · rank, inFeatures], an expert's rows together */
  readonly a: AdapterTensor;
  /** [outFeatures, rank · experts], a rank's columns together */
  readonly b: AdapterTensor;
  readonly rank: number;
  readonly scale: number;
}

/**
 * The pair of a stack in which the maps stand one below the other, or why there is none. Maps keep ranks of their own: B has
 * zeros where one map's rank meets another's rows, as PEFT has them.
 */
export function stackedPairs(maps: readonly (ExpertPairs | undefined)[]): StackedPair | string {
  const pairs = maps.flatMap((map) => map ?? []);
  if (pairs.length < maps.length) return "only one of the two maps in it has pairs, which PEFT cannot read either";
  const experts = Math.max(...pairs.flatMap(({ a, b }) => [a.length, b.length]));
  const [rank = 0, inFeatures = 0] = pairs[0]?.a.find((one) => one !== undefined)?.shape ?? [];
  const outs = pairs.map(({ b }) => b.find((one) => one !== undefined)?.shape[0] ?? 0);
  const isAlike = pairs.every(({ a, b, scale }, map) =>
    Array.from({ length: experts }).every(
      (_, expert) =>
        isShaped(a[expert], rank, inFeatures) && isShaped(b[expert], outs[map] ?? 0, rank) && scale === pairs[0]?.scale,
    ),
  );
  if (!isAlike) return "its experts' pairs are not all there, or differ in rank or scale";
  const whole = rank * pairs.length;
  const aValues = new Float32Array(experts * whole * inFeatures);
  const outFeatures = outs.reduce((sum, out) => sum + out, 0);
  const bValues = new Float32Array(outFeatures * whole * experts);
  for (let expert = 0; expert < experts; expert += 1) {
    let firstRow = 0;
    for (const [map, { a, b }] of pairs.entries()) {
      aValues.set(a[expert]?.values ?? [], (expert * whole + map * rank) * inFeatures);
      const values = b[expert]?.values ?? [];
      const out = outs[map] ?? 0;
      for (let row = 0; row < out; row += 1) {
        for (let one = 0; one < rank; one += 1) {
          bValues[(firstRow + row) * whole * experts + (map * rank + one) * experts + expert] =
            values[row * rank + one] ?? 0;
        }
      }
      firstRow += out;
    }
  }
  return {
    a: { shape: [experts * whole, inFeatures], values: aValues },
    b: { shape: [outFeatures, whole * experts], values: bValues },
    rank: whole,
    scale: pairs[0]?.scale ?? 0,
  };
}

function isShaped(tensor: AdapterTensor | undefined, rows: number, columns: number): boolean {
  return tensor?.shape.length === 2 && tensor.shape[0] === rows && tensor.shape[1] === columns;
}
