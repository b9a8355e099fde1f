// The table of methods; a new one is a row. Methods with rank "shared" add A to A and B to B: fast and of the same rank, but with
// cross terms. Methods with "_svd" form whole updates and take the nearest one of the given rank.

import { type Matrix, multiply, transpose } from "@lowrank/math";
import { truncatedSvd } from "@lowrank/math/internal";
import type { CombinationMethod, Factors, MethodSettings, WeightedLora } from "./combination-method.ts";
import { compressed, concatFactors, factorsOf, nearest } from "./factors-of.ts";
import { byRank, elected, largest, type MatrixMerge, middle, random, sum, sumOf } from "./sparsify.ts";

// Spherical interpolation (Shoemake 1985, "slerp") between two updates seen as vectors: the result keeps their length, while a
// plain mean gets shorter. The result is a sum of both, so no whole update is formed.

/** Vectors with a larger cosine are interpolated linearly, as in mergekit. */
const sameDirection = 0.9995;

/** Interpolates two updates whose weights add up to 1. A layer that only one adapter has is interpolated linearly with zero. */
function slerp(loras: readonly WeightedLora[], settings: MethodSettings): Factors {
  const [one, other] = loras;
  if (one === undefined || other === undefined) return compressed(loras, settings);
  const cosine =
    (Math.sign(one.scaling * other.scaling) * innerProduct(one, other)) /
    Math.sqrt(innerProduct(one, one) * innerProduct(other, other));
  // An update of zeros has no direction, and the cosine is NaN.
  if (!(Math.abs(cosine) <= sameDirection)) return compressed(loras, settings);
  const angle = Math.acos(cosine);
  const part = ({ weight }: WeightedLora) => Math.sin(weight * angle) / Math.sin(angle);
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
  const bProducts = multiply(transpose(one.b), other.b);
  const aProducts: Matrix = multiply(one.a, transpose(other.a));
  return bProducts.values.reduce((sum, value, index) => sum + value * (aProducts.values[index] as number), 0);
}

/** All methods. */
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
    combine: (loras) => concatFactors(loras),
  },
  {
    name: "svd",
    source: "PEFT; Eckart & Young 1936",
    rank: "chosen",
    isSparse: false,
    combine: nearest,
  },
  // Its cross terms make it different from the sum; kept because PEFT has it.
  {
    ...onFactors("linear", "PEFT; task arithmetic (Ilharco et al. 2023, arXiv 2212.04089) on A and B apart", sum),
    isSparse: false,
  },
  onFactors("magnitude_prune", "PEFT: the largest entries of A and of B", sumOf(largest)),
  // Keeps the largest entries, elects a sign, averages what agrees.
  onFactors("ties", "Yadav et al. 2023 (TIES), arXiv 2306.01708, on A and B apart as in PEFT", elected(largest)),
  // Drops entries at random, rescales the others, adds.
  onFactors("dare_linear", "Yu et al. 2024 (DARE), arXiv 2311.03099, on A and B apart as in PEFT", sumOf(random)),
  onFactors("dare_ties", "DARE, then the election of TIES, on A and B apart as in PEFT", elected(random)),
  onProducts("magnitude_prune_svd", "PEFT: the largest entries of the updates", sumOf(largest)),
  onProducts("ties_svd", "Yadav et al. 2023 (TIES), arXiv 2306.01708, on the updates", elected(largest)),
  onProducts("dare_linear_svd", "Yu et al. 2024 (DARE), arXiv 2311.03099, on the updates", sumOf(random)),
  onProducts("dare_ties_svd", "DARE, then the election of TIES, on the updates", elected(random)),
  onProducts(
    "della_svd",
    "Deep et al. 2024 (DELLA), arXiv 2406.11617, on the updates, as mergekit's `della`",
    elected(byRank),
  ),
  onProducts("della_linear_svd", "DELLA without its election, as mergekit's `della_linear`", sumOf(byRank)),
  onProducts(
    "breadcrumbs_svd",
    "Davari & Belilovsky 2023 (breadcrumbs), arXiv 2312.06795, on the updates, as mergekit's",
    sumOf(middle),
  ),
  onProducts("breadcrumbs_ties_svd", "breadcrumbs, then the election of TIES, on the updates", elected(middle)),
  // Not in PEFT: interpolates without losing length.
  {
    name: "slerp",
    source: "Shoemake 1985; mergekit's `slerp`, on the updates",
    rank: "sum",
    isSparse: false,
    isBetweenTwo: true,
    combine: slerp,
  },
];

// Methods that combine A with A and B with B are fast and keep the rank. But (Σ A)·(Σ B) has cross terms of A and B from
// different adapters, so the result is not the sum of the updates.

/** Applies a merge to A and to B. Each is multiplied by the root of |weight · s|, and A by its sign. */
function onFactors(name: string, source: string, merge: MatrixMerge): CombinationMethod {
  const combine = (loras: readonly WeightedLora[], settings: MethodSettings): Factors => {
    const half = (key: "a" | "b", part: "A" | "B", signOf: (strength: number) => number) =>
      loras.map(({ weight, scaling, adapter, ...lora }) => {
        const strength = weight * scaling;
        return { matrix: lora[key], weight: signOf(strength) * Math.sqrt(Math.abs(strength)), adapter, part };
      });
    const a = half("a", "A", (strength) => (strength < 0 ? -1 : 1));
    return {
      a: merge(a, settings),
      b: merge(
        half("b", "B", () => 1),
        settings,
      ),
    };
  };
  return { name, source, rank: "shared", isSparse: true, combine };
}

// Methods that combine whole updates s·B·A entry by entry, then find the nearest update of low rank. Dropping entries raises the
// rank, so the matrix [outFeatures, inFeatures] must be formed.

/** Applies a merge to the updates, and decomposes the result. */
function onProducts(name: string, source: string, merge: MatrixMerge): CombinationMethod {
  const combine = (loras: readonly WeightedLora[], settings: MethodSettings): Factors => {
    const products = loras.map(({ a, b, scaling, weight, adapter }) => ({
      matrix: scaled(multiply(b, a), scaling), // [outFeatures, inFeatures]
      weight,
      adapter,
      part: "product" as const,
    }));
    const combined = merge(products, settings);
    const max = Math.min(settings.rank, combined.rows, combined.columns);
    return factorsOf(truncatedSvd(combined, max), settings);
  };
  const description = `${source}, then the nearest of low rank`;
  return { name, source: description, rank: "chosen", isSparse: true, combine };
}

function scaled(matrix: Matrix, factor: number): Matrix {
  return { ...matrix, values: matrix.values.map((value) => value * factor) };
}
