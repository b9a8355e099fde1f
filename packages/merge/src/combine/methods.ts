// The table of methods; a new one is a row. What adds A with A and B with B ("shared") is quick, of the same rank, and has
// cross terms; what ends in "_svd" forms whole updates and takes the nearest of the wanted rank.

import { type Matrix, multiply, transpose, truncatedSvd } from "@lowrank/math";
import type { CombinationMethod, Factors, MethodSettings, WeightedPair } from "./combination-method.ts";
import { besideOneAnother, compressed, factorsOf, nearest } from "./factors-of.ts";
import {
  electedLargest,
  electedLikely,
  electedMiddle,
  electedRandom,
  type MatrixMerge,
  sum,
  sumOfLargest,
  sumOfLikely,
  sumOfMiddle,
  sumOfRandom,
} from "./sparsify.ts";

// Along the great circle from one update to another (Shoemake 1985, "slerp"), both seen as vectors: their mean is as long as they
// are, where that of a sum is shorter the more they differ. The result is a sum of both, so no update is ever formed.

/** Vectors that are closer than this are mixed in a straight line, as in mergekit. */
const sameDirection = 0.9995;

/** Two pairs whose weights add up to 1; of a layer that one adapter has alone, the straight line to zero. */
function slerp(pairs: readonly WeightedPair[], settings: MethodSettings): Factors {
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

/** Every way to combine adapters. */
export const combinationMethods: readonly CombinationMethod[] = [
  // Adapters that share directions need less rank than "cat" gives them.
  {
    name: "exact",
    source: "Σ wᵢ·sᵢ·Bᵢ·Aᵢ; not in PEFT",
    rank: "sum",
    isSparse: false,
    combine: compressed,
  },
  {
    name: "cat",
    source: "PEFT; exact",
    rank: "sum",
    isSparse: false,
    combine: (pairs) => besideOneAnother(pairs),
  },
  {
    name: "svd",
    source: "PEFT; Eckart & Young 1936",
    rank: "chosen",
    isSparse: false,
    combine: nearest,
  },
  // Its cross terms make it no sum of updates; kept because PEFT has it.
  {
    name: "linear",
    source: "PEFT; task arithmetic (Ilharco et al. 2023, arXiv 2212.04089) on A and B apart",
    rank: "shared",
    isSparse: false,
    combine: onFactors(sum),
  },
  {
    name: "magnitude_prune",
    source: "PEFT: the largest entries of A and of B",
    rank: "shared",
    isSparse: true,
    combine: onFactors(sumOfLargest),
  },
  // Keeps the largest entries, elects a sign, averages what agrees.
  {
    name: "ties",
    source: "Yadav et al. 2023 (TIES), arXiv 2306.01708, on A and B apart as in PEFT",
    rank: "shared",
    isSparse: true,
    combine: onFactors(electedLargest),
  },
  // Drops entries at random, makes up for them, adds.
  {
    name: "dare_linear",
    source: "Yu et al. 2024 (DARE), arXiv 2311.03099, on A and B apart as in PEFT",
    rank: "shared",
    isSparse: true,
    combine: onFactors(sumOfRandom),
  },
  {
    name: "dare_ties",
    source: "DARE, then the election of TIES, on A and B apart as in PEFT",
    rank: "shared",
    isSparse: true,
    combine: onFactors(electedRandom),
  },
  {
    name: "magnitude_prune_svd",
    source: "PEFT: the largest entries of the updates, then the nearest of low rank",
    rank: "chosen",
    isSparse: true,
    combine: onProducts(sumOfLargest),
  },
  {
    name: "ties_svd",
    source: "Yadav et al. 2023 (TIES), arXiv 2306.01708, on the updates, then the nearest of low rank",
    rank: "chosen",
    isSparse: true,
    combine: onProducts(electedLargest),
  },
  {
    name: "dare_linear_svd",
    source: "Yu et al. 2024 (DARE), arXiv 2311.03099, on the updates, then the nearest of low rank",
    rank: "chosen",
    isSparse: true,
    combine: onProducts(sumOfRandom),
  },
  {
    name: "dare_ties_svd",
    source: "DARE, then the election of TIES, on the updates, then the nearest of low rank",
    rank: "chosen",
    isSparse: true,
    combine: onProducts(electedRandom),
  },
  {
    name: "della_svd",
    source:
      "Deep et al. 2024 (DELLA), arXiv 2406.11617, on the updates, as mergekit's `della`, then the nearest of low rank",
    rank: "chosen",
    isSparse: true,
    combine: onProducts(electedLikely),
  },
  {
    name: "della_linear_svd",
    source: "DELLA without its election, as mergekit's `della_linear`, then the nearest of low rank",
    rank: "chosen",
    isSparse: true,
    combine: onProducts(sumOfLikely),
  },
  {
    name: "breadcrumbs_svd",
    source:
      "Davari & Belilovsky 2023 (breadcrumbs), arXiv 2312.06795, on the updates, as mergekit's, then the nearest of low rank",
    rank: "chosen",
    isSparse: true,
    combine: onProducts(sumOfMiddle),
  },
  {
    name: "breadcrumbs_ties_svd",
    source: "breadcrumbs, then the election of TIES, on the updates, then the nearest of low rank",
    rank: "chosen",
    isSparse: true,
    combine: onProducts(electedMiddle),
  },
  // Not in PEFT: from one update to the other, without losing length on the way.
  {
    name: "slerp",
    source: "Shoemake 1985; mergekit's `slerp`, on the updates",
    rank: "sum",
    isSparse: false,
    isBetweenTwo: true,
    combine: slerp,
  },
];

// Combining A with A and B with B: quick and of the same rank, but (Σ A)·(Σ B) has cross terms A of one with B of another,
// so the result is not the sum of the updates.

/** Applies a merge to both factors; each gets the root of weight · s, and A the sign. */
function onFactors(merge: MatrixMerge) {
  return (pairs: readonly WeightedPair[], settings: MethodSettings): Factors => {
    const a = pairs.map(({ a: matrix, weight, scaling, adapter }) => {
      const strength = weight * scaling;
      return { matrix, weight: (strength < 0 ? -1 : 1) * Math.sqrt(Math.abs(strength)), adapter, part: "A" as const };
    });
    const b = pairs.map(({ b: matrix, weight, scaling, adapter }) => ({
      matrix,
      weight: Math.sqrt(Math.abs(weight * scaling)),
      adapter,
      part: "B" as const,
    }));
    return { a: merge(a, settings), b: merge(b, settings) };
  };
}

// Combining whole updates s·B·A entry by entry, then finding the nearest update of low rank. Dropping entries raises the
// rank, so here the matrix [outFeatures, inFeatures] has to be formed.

/** Applies a merge to the updates and decomposes the result. */
function onProducts(merge: MatrixMerge) {
  return (pairs: readonly WeightedPair[], settings: MethodSettings): Factors => {
    const products = pairs.map(({ a, b, scaling, weight, adapter }) => ({
      matrix: scaled(multiply(b, a), scaling), // [outFeatures, inFeatures]
      weight,
      adapter,
      part: "product" as const,
    }));
    const combined = merge(products, settings);
    const most = Math.min(settings.rank, combined.rows, combined.columns);
    return factorsOf(truncatedSvd(combined, most), settings);
  };
}

function scaled(matrix: Matrix, factor: number): Matrix {
  return { ...matrix, values: matrix.values.map((value) => value * factor) };
}
