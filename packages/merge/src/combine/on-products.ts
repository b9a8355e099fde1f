// Combining whole updates s·B·A entry by entry, then finding the nearest update of low rank. Dropping entries raises the
// rank, so here the matrix [outFeatures, inFeatures] has to be formed.

import { type Matrix, multiply, truncatedSvd } from "@lowrank/math";
import type { Factors, MethodSettings, WeightedPair } from "./combination-method.ts";
import { factorsOf } from "./factors-of.ts";
import type { MatrixMerge } from "./sparsify.ts";

/** Applies a merge to the updates and decomposes the result. */
export function onProducts(merge: MatrixMerge) {
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
