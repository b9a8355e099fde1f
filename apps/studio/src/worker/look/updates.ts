// The update of each layer from an adapter's files: ΔW = scaling · B · A, as thin matrices.

import { type Adapter, loraMatricesIn, parseTensorKey, scalingOf, toPlainLora } from "@lowrank/adapter-format";
import { createMatrix, type Matrix, multiply, transpose } from "@lowrank/math";

export interface LayerUpdate {
  readonly site: string;
  /** [rank, inFeatures] */
  readonly a: Matrix;
  /** [outFeatures, rank] */
  readonly b: Matrix;
  readonly scaling: number;
  /** False if the layer has more than A and B, such as DoRA's magnitudes. */
  readonly isWhole: boolean;
}

/** The updates by their layers' paths. */
export function updatesIn(adapter: Adapter): ReadonlyMap<string, LayerUpdate> {
  const { config, tensors } = toPlainLora(adapter);
  const loras = loraMatricesIn(tensors);
  const loraKeys = new Set(loras.flatMap(({ keys }) => [keys.a, keys.b]));
  const others = new Set(
    [...tensors.keys()].filter((key) => !loraKeys.has(key)).map((key) => parseTensorKey(key)?.path),
  );
  return new Map(
    loras.flatMap(({ path: site, a, b }) => {
      if (b === undefined) return [];
      const rank = a.shape[0] ?? 0;
      const update: LayerUpdate = {
        site,
        a: createMatrix(rank, a.values.length / rank, a.values),
        b: createMatrix(b.values.length / rank, rank, b.values),
        scaling: scalingOf(config, site),
        isWhole: !others.has(site),
      };
      return [[site, update] as const];
    }),
  );
}

/** ‖scaling · B · A‖, from two matrices [rank, rank]: ‖BA‖² is the sum of the products of AAᵀ and BᵀB, entry by entry. */
export function normOf({ a, b, scaling }: Pick<LayerUpdate, "a" | "b" | "scaling">): number {
  const inner = multiply(a, transpose(a)).values;
  const outer = multiply(transpose(b), b).values;
  const square = inner.reduce((sum, value, index) => sum + value * (outer[index] ?? 0), 0);
  return Math.abs(scaling) * Math.sqrt(Math.max(0, square));
}
