// LyCORIS' LoHa as one pair. A Hadamard product of two products of matrices is itself one, of a rank that is the product of theirs:
//   (B₁A₁) ∘ (B₂A₂) = B·A, where column (i, j) of B is B₁[:, i] ∘ B₂[:, j] and row (i, j) of A is A₁[i] ∘ A₂[j]

import type { AdapterTensor } from "../../adapter.ts";
import {
  excessOf,
  factorsIn,
  type ModuleParts,
  type PlainPair,
  type Reason,
  scaleOf,
  sizesOf,
} from "./module-parts.ts";

/** The pair, or why there is none. */
export function hadamardPair(parts: ModuleParts): PlainPair | Reason {
  if (parts.has("hada_t1") || parts.has("hada_t2")) return { problem: "is a LoHa in Tucker's form, which is not read" };
  const one = factorsIn(parts, { a: "hada_w1_b", b: "hada_w1_a" });
  const other = factorsIn(parts, { a: "hada_w2_b", b: "hada_w2_a" });
  if ("problem" in one) return one;
  if ("problem" in other) return other;
  const [[rank, inFeatures], [outFeatures]] = [sizesOf(one.a), sizesOf(one.b)];
  if (sizesOf(other.a)[1] !== inFeatures || sizesOf(other.b)[0] !== outFeatures)
    return { problem: "has two products of different sizes" };
  return (
    excessOf(rank * sizesOf(other.a)[0], Math.max(inFeatures, outFeatures)) ?? {
      a: everyRowTimesEvery(one.a, other.a),
      b: everyColumnTimesEvery(one.b, other.b),
      scale: scaleOf(parts, rank),
    }
  );
}

function everyRowTimesEvery(one: AdapterTensor, other: AdapterTensor): AdapterTensor {
  const [[rows, columns], [otherRows]] = [sizesOf(one), sizesOf(other)];
  const values = new Float32Array(rows * otherRows * columns);
  let next = 0;
  for (let i = 0; i < rows; i++)
    for (let j = 0; j < otherRows; j++)
      for (let column = 0; column < columns; column++)
        values[next++] = one.values[i * columns + column]! * other.values[j * columns + column]!;
  return { shape: [rows * otherRows, columns], values };
}

function everyColumnTimesEvery(one: AdapterTensor, other: AdapterTensor): AdapterTensor {
  const [[rows, columns], [, otherColumns]] = [sizesOf(one), sizesOf(other)];
  const values = new Float32Array(rows * columns * otherColumns);
  let next = 0;
  for (let row = 0; row < rows; row++)
    for (let i = 0; i < columns; i++)
      for (let j = 0; j < otherColumns; j++)
        values[next++] = one.values[row * columns + i]! * other.values[row * otherColumns + j]!;
  return { shape: [rows, columns * otherColumns], values };
}
