// EVA: A is initialized with the main directions of the layer's inputs, so that only directions that occur are learned.

import { missingMeasurementError } from "../../errors.ts";
import { createMatrix, type Matrix, scaleColumns, tensorOfMatrix } from "../../linear-algebra/matrix.ts";
import type { Svd } from "../../linear-algebra/svd.ts";
import { truncatedSvd } from "../../linear-algebra/truncated-svd.ts";
import { LoraMatrices } from "../../matrices/lora-matrices.ts";
import type { Initialization, InitRequest, InputStatistics, Measured } from "../initialization.ts";

export const evaInit: Initialization = {
  name: "eva",
  source: "Paischer et al. 2024 (EVA), arXiv 2410.07170; the exact decomposition where PEFT's is incremental",
  initialize(request) {
    const { rank, outFeatures, name, settings = {} } = request;
    const { v, s } = mainDirections(measuredOf(request, "inputs"), rank);
    // PEFT divides by the root of the data's singular values, which are the roots of the scatter matrix's.
    const a = settings.whiten
      ? scaleColumns(
          v,
          s.map((value) => (value > 0 ? value ** -0.25 : 1)),
        )
      : v; // [inFeatures, rank]
    const b = createMatrix(rank, outFeatures);
    return LoraMatrices.fromTensors({ a: tensorOfMatrix(a), b: tensorOfMatrix(b), name });
  },
};

/** Shares of the inputs' variance in the first `count` directions, the largest first. */
export function explainedVariance(inputs: InputStatistics, count: number): readonly number[] {
  const scatter = scatterOf(inputs);
  const total = Array.from({ length: scatter.rows }, (_, index) => scatter.values[index * (scatter.rows + 1)]!);
  const variance = total.reduce((sum, value) => sum + value, 0) || 1;
  return Array.from(mainDirections(inputs, Math.min(count, scatter.rows)).s, (value) => value / variance);
}

function mainDirections(inputs: InputStatistics, count: number): Svd {
  return truncatedSvd(scatterOf(inputs), count);
}

/** Σ (x − mean)·(x − mean)ᵀ, [inFeatures, inFeatures]. */
function scatterOf({ rows, sums, products }: InputStatistics): Matrix {
  const size = products.rows;
  const values = products.values.map(
    (value, index) => value - (sums[Math.floor(index / size)]! * sums[index % size]!) / Math.max(1, rows),
  );
  return { ...products, values };
}

/** Throws MISSING_MEASUREMENT. */
export function measuredOf<Kind extends keyof Measured>(request: InitRequest, kind: Kind): NonNullable<Measured[Kind]> {
  const found = request.measured?.[kind];
  if (!found) throw missingMeasurementError(String(request.init), request.key.path, kind);
  return found;
}
