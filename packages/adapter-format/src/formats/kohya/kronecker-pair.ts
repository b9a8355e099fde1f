// LyCORIS' LoKr as one pair: (B₁A₁) ⊗ (B₂A₂) = (B₁ ⊗ B₂)·(A₁ ⊗ A₂). A side that is a whole matrix is a product with the identity.

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
export function kroneckerPair(parts: ModuleParts): PlainPair | Reason {
  if (parts.has("lokr_t2")) return { problem: "is a LoKr in Tucker's form, which is not read" };
  const one = sideOf(parts, "lokr_w1");
  const other = sideOf(parts, "lokr_w2");
  if ("problem" in one) return one;
  if ("problem" in other) return other;
  const rank = sizesOf(one.a)[0] * sizesOf(other.a)[0];
  const [inFeatures, outFeatures] = [sizesOf(one.a)[1] * sizesOf(other.a)[1], sizesOf(one.b)[0] * sizesOf(other.b)[0]];
  // Two whole matrices are not scaled, whatever α says.
  const inner = other.rank ?? one.rank;
  return (
    excessOf(rank, Math.max(inFeatures, outFeatures)) ?? {
      a: kroneckerProduct(one.a, other.a),
      b: kroneckerProduct(one.b, other.b),
      scale: inner === undefined ? 1 : scaleOf(parts, inner),
    }
  );
}

interface Side extends Omit<PlainPair, "scale"> {
  /** Undefined for a whole matrix. */
  readonly rank: number | undefined;
}

function sideOf(parts: ModuleParts, name: "lokr_w1" | "lokr_w2"): Side | Reason {
  const whole = parts.get(name);
  if (whole === undefined) {
    const factors = factorsIn(parts, { a: `${name}_b`, b: `${name}_a` });
    return "problem" in factors ? factors : { ...factors, rank: sizesOf(factors.a)[0] };
  }
  if (whole.shape.length !== 2) return { problem: "is a LoKr of a convolution, which is not read" };
  const [rows, columns] = sizesOf(whole);
  const smaller = Math.min(rows, columns);
  const excess = excessOf(smaller, smaller);
  if (excess !== undefined) return excess;
  const same = identity(smaller);
  return rows < columns ? { a: whole, b: same, rank: undefined } : { a: same, b: whole, rank: undefined };
}

function identity(size: number): AdapterTensor {
  const values = new Float32Array(size * size);
  for (let index = 0; index < size; index++) values[index * size + index] = 1;
  return { shape: [size, size], values };
}

function kroneckerProduct(one: AdapterTensor, other: AdapterTensor): AdapterTensor {
  const [[rows, columns], [otherRows, otherColumns]] = [sizesOf(one), sizesOf(other)];
  const values = new Float32Array(rows * otherRows * columns * otherColumns);
  let next = 0;
  for (let i = 0; i < rows; i++)
    for (let j = 0; j < otherRows; j++)
      for (let k = 0; k < columns; k++)
        for (let l = 0; l < otherColumns; l++)
          values[next++] = one.values[i * columns + k]! * other.values[j * otherColumns + l]!;
  return { shape: [rows * otherRows, columns * otherColumns], values };
}
