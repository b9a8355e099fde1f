// Along the great circle from one update to another (Shoemake 1985, "slerp"), both seen as vectors: their mean is as long as they
// are, where that of a sum is shorter the more they differ. The result is a sum of both, so no update is ever formed.

import { type Matrix, multiply, transpose } from "@lowrank/math";
import type { Factors, MethodSettings, WeightedPair } from "./combination-method.ts";
import { compressed } from "./exact-sum.ts";

/** Vectors that are closer than this are mixed in a straight line, as in mergekit. */
const sameDirection = 0.9995;

/** Two pairs whose weights add up to 1; of a layer that one adapter has alone, the straight line to zero. */
export function slerp(pairs: readonly WeightedPair[], settings: MethodSettings): Factors {
  const [one, other] = pairs;
  if (one === undefined || other === undefined) return compressed(pairs, settings);
  const cosine =
    (Math.sign(one.scaling * other.scaling) * innerProduct(one, other)) /
    Math.sqrt(innerProduct(one, one) * innerProduct(other, other));
  // Of an update of zeros there is no direction, and the cosine is NaN.
  if (!(Math.abs(cosine) <= sameDirection)) return compressed(pairs, settings);
  const angle = Math.acos(cosine);
  const part = ({ weight }: WeightedPair) => Math.sin(weight * angle) / Math.sin(angle);
  return compressed(
    [
      { ...one, weight: part(one) },
      { ...other, weight: part(other) },
    ],
    settings,
  );
}

/** ⟨B₁·A₁, B₂·A₂⟩ */
function innerProduct(one: Factors, other: Factors): number {
  const left = multiply(transpose(one.b), other.b);
  const right: Matrix = multiply(one.a, transpose(other.a));
  return left.values.reduce((sum, value, index) => sum + value * (right.values[index] as number), 0);
}
