// Compares two adapters layer by layer: how much each changes, how far apart they are, and whether they use the same directions
// (LoRA paper, section 7). It uses A and B only; no model is needed.

import { type Adapter, scalingOf, toPlainLora } from "@lowrank/adapter-format";
import type { AdapterTensor } from "@lowrank/adapter-format/internal";
import { lowRankSvd, type Matrix } from "@lowrank/math";
import { lowRankNorm, type Svd, subspaceSimilarities, truncateSvd } from "@lowrank/math/internal";
import type { WeightedLora } from "../combine/combination-method.ts";
import { combinationShapeError } from "../combine/errors.ts";
import { concatFactors } from "../combine/factors-of.ts";
import { type CombinedLayer, readLayers } from "../combine/read-layers.ts";

/** One layer that both adapters change. */
export interface LayerDifference {
  /** Module path. */
  readonly path: string;
  /** ‖ΔW‖ of each adapter, Frobenius norm. */
  readonly norms: readonly [number, number];
  /** ‖ΔW₁ − ΔW₂‖ */
  readonly distance: number;
  /** ⟨ΔW₁, ΔW₂⟩ / (‖ΔW₁‖·‖ΔW₂‖), from −1 to 1; NaN if one of them is zero. */
  readonly cosine: number;
  /**
   * Subspace similarity φ(i, j) of the first i directions of ΔW₁ and the first j of ΔW₂, in row i − 1 and column j − 1: for
   * inputs (right singular vectors) and outputs (left ones). An update of zeros has no directions, so no rows or columns.
   */
  readonly similarity: { readonly inputs: Matrix; readonly outputs: Matrix };
}

interface SavedDifference {
  /** Name in an adapter file, without "base_model.model.". */
  readonly key: string;
  readonly distance: number;
  /** ‖V₁ − V₂‖ / ‖V₁‖; NaN if the first is zero or their shapes differ. */
  readonly relative: number;
}

/** The differences of two adapters. */
export interface AdapterDifference {
  readonly layers: readonly LayerDifference[];
  readonly saved: readonly SavedDifference[];
  /** Module paths and names of full weights that only one of them has. */
  readonly alone: readonly [first: readonly string[], second: readonly string[]];
}

/**
 * Compares the effects of two adapters of one base. How an update is split into B, A and scaling does not matter.
 *
 * @throws UNCOMBINABLE_ADAPTER (for anything beyond B·A; compare such adapters with their base), COMBINATION_SHAPE
 *
 * @example
 * ```ts
 * import type { Adapter } from "@lowrank/adapter-format";
 * import { diffAdapters } from "@lowrank/merge";
 *
 * export function compare(one: Adapter, other: Adapter): void {
 *   for (const { path, cosine, similarity } of diffAdapters(one, other).layers)
 *     console.log(path, cosine, similarity.inputs.values[0]); // φ(1, 1): do both look for the same thing first?
 * }
 * ```
 */
export function diffAdapters(one: Adapter, other: Adapter): AdapterDifference {
  const sides = [sideOf(one), sideOf(other)] as const;
  const shared = [...sides[0].layers.keys()].filter((path) => sides[1].layers.has(path));
  checkShapes(shared, sides);
  return {
    layers: shared.map((path) => layerDifference(path, sides)),
    saved: [...sides[0].saved].flatMap(([key, value]) => {
      const otherWeight = sides[1].saved.get(key);
      return otherWeight === undefined ? [] : [savedDifference(key, value, otherWeight)];
    }),
    alone: [namesOnlyIn(sides[0], sides[1]), namesOnlyIn(sides[1], sides[0])],
  };
}

interface Side {
  readonly adapter: Adapter;
  readonly layers: ReadonlyMap<string, CombinedLayer>;
  readonly saved: ReadonlyMap<string, AdapterTensor>;
}

type Sides = readonly [Side, Side];

function sideOf(trained: Adapter): Side {
  const adapter = toPlainLora(trained);
  const { layers, saved } = readLayers([{ adapter, weight: 1 }]);
  return { adapter, layers: new Map(layers.map((layer) => [layer.path, layer])), saved };
}

function checkShapes(paths: readonly string[], sides: Sides): void {
  const mismatches = paths.flatMap((path) => {
    const shapes = sides.map(({ layers }) => {
      const [{ a, b }] = layers.get(path)!.loras as [CombinedLayer["loras"][number]];
      return `[${b.rows}, ${a.columns}]`;
    });
    return shapes[0] === shapes[1] ? [] : [{ path, shapes }];
  });
  if (mismatches.length) throw combinationShapeError(mismatches);
}

function layerDifference(path: string, sides: Sides): LayerDifference {
  const [first, second] = [weighted(sides[0], path, 1), weighted(sides[1], path, -1)];
  const difference = concatFactors([...first, ...second]);
  const [one, other] = [directionsOf(first), directionsOf(second)];
  const norms = [lengthOf(one.s), lengthOf(other.s)] as const;
  return {
    path,
    norms,
    distance: lowRankNorm(difference.b, difference.a),
    cosine: -innerProduct(one, other) / (norms[0] * norms[1]),
    similarity: { inputs: subspaceSimilarities(one.v, other.v), outputs: subspaceSimilarities(one.u, other.u) },
  };
}

function weighted({ adapter, layers }: Side, path: string, weight: number): readonly WeightedLora[] {
  const scaling = scalingOf(adapter.config, path);
  return layers.get(path)!.loras.map((lora) => ({ ...lora, scaling, weight }));
}

/** Only the directions of the update: further ones would be arbitrary, and equal for two updates of zeros. */
function directionsOf(loras: readonly WeightedLora[]): Svd {
  const { a, b } = concatFactors(loras);
  const svd = lowRankSvd(b, a);
  return truncateSvd(svd, svd.s.filter((value) => value > 1e-12 * (svd.s[0] as number)).length);
}

/** ⟨U₁S₁V₁ᵀ, U₂S₂V₂ᵀ⟩ */
function innerProduct(one: Svd, other: Svd): number {
  let sum = 0;
  one.s.forEach((first, i) => {
    other.s.forEach((second, j) => {
      sum += first * second * columnProduct(one.u, i, other.u, j) * columnProduct(one.v, i, other.v, j);
    });
  });
  return sum;
}

function columnProduct(one: Matrix, i: number, other: Matrix, j: number): number {
  let sum = 0;
  for (let row = 0; row < one.rows; row += 1)
    sum += (one.values[row * one.columns + i] as number) * (other.values[row * other.columns + j] as number);
  return sum;
}

function savedDifference(key: string, one: AdapterTensor, other: AdapterTensor): SavedDifference {
  if (one.shape.join() !== other.shape.join()) return { key, distance: Number.NaN, relative: Number.NaN };
  const distance = lengthOf(one.values.map((value, index) => value - (other.values[index] as number)));
  return { key, distance, relative: distance / lengthOf(one.values) };
}

function lengthOf(values: Float32Array | Float64Array): number {
  let sum = 0;
  for (const value of values) sum += value * value;
  return Math.sqrt(sum);
}

function namesOnlyIn(one: Side, other: Side): readonly string[] {
  return [
    ...[...one.layers.keys()].filter((path) => !other.layers.has(path)),
    ...[...one.saved.keys()].filter((key) => !other.saved.has(key)),
  ];
}
