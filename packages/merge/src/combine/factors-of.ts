// Makes factors from a decomposition: B = U·S, A = Vᵀ, as in PEFT and kohya's svd_merge_lora.py.

import type { AdapterTensor } from "@lowrank/adapter-format/internal";
import { listed } from "@lowrank/contracts";
import { createMatrix, lowRankSvd, type Matrix, transpose } from "@lowrank/math";
import { concatColumns, rowOf, type Svd, scaleColumns, truncateSvd } from "@lowrank/math/internal";
import type { Factors, MethodSettings, WeightedLora } from "./combination-method.ts";
import { combinationSettingError } from "./errors.ts";
import type { CombinedLayer } from "./read-layers.ts";

/** The first `rank` components as factors, clamped at a quantile if one is given. */
export function factorsOf(
  found: Svd,
  { rank, clamp, signs }: Pick<MethodSettings, "rank" | "clamp" | "signs">,
): Factors {
  const { u, s, v } = truncateSvd(found, rank);
  const oriented = directionOf({ a: transpose(v), b: u }, signs);
  const factors = {
    a: transpose(scaleColumns(v, oriented)),
    b: scaleColumns(
      u,
      s.map((value, index) => value * oriented[index]!),
    ),
  };
  return clamp === null ? factors : clamped(factors, clamp);
}

/** For each component, 1 or −1. A decomposition does not determine the sign: without factors to follow, the largest entry of A becomes positive. */
function directionOf({ a, b }: Factors, signs: Factors | null): Float64Array {
  return Float64Array.from({ length: a.rows }, (_, component) => {
    if (signs && component < signs.a.rows) return similarity({ a, b }, signs, component) < 0 ? -1 : 1;
    const row = rowOf(a, component);
    const largest = row.reduce((max, value) => (Math.abs(value) > Math.abs(max) + 1e-9 ? value : max), 0);
    return largest < 0 ? -1 : 1;
  });
}

function similarity(one: Factors, other: Factors, component: number): number {
  const right = rowOf(other.a, component);
  return rowOf(one.a, component).reduce((sum, value, index) => sum + value * right[index]!, 0);
}

/** Clamps entries of both factors to ± the quantile of all of them, signs included. */
function clamped({ a, b }: Factors, quantile: number): Factors {
  const all = new Float64Array(b.values.length + a.values.length);
  all.set(b.values);
  all.set(a.values, b.values.length);
  const limit = quantileOf(all, quantile);
  const cut = (matrix: Matrix): Matrix => ({
    ...matrix,
    values: matrix.values.map((value) => Math.min(Math.max(value, -limit), limit)),
  });
  return { a: cut(a), b: cut(b) };
}

/** Linear interpolation, as in torch.quantile. Sorts the values in place. */
function quantileOf(values: Float64Array, quantile: number): number {
  const sorted = values.sort();
  const position = quantile * (sorted.length - 1);
  const below = sorted[Math.floor(position)] ?? 0;
  const above = sorted[Math.ceil(position)] ?? below;
  return below + (position - Math.floor(position)) * (above - below);
}

/** Concatenates: [c₁A₁; c₂A₂] and [B₁, B₂] have the exact product Σ cᵢ·Bᵢ·Aᵢ. */
export function concatFactors(loras: readonly WeightedLora[]): Factors {
  const scaled = loras.map(({ a, weight, scaling }) => ({
    ...a,
    values: a.values.map((value) => value * weight * scaling),
  }));
  return {
    a: transpose(concatColumns(scaled.map(transpose))), // [Σ rank, inFeatures]
    b: concatColumns(loras.map(({ b }) => b)), // [outFeatures, Σ rank]
  };
}

/** The nearest update of the given rank, or the sum itself if its rank is not larger. */
export function nearest(loras: readonly WeightedLora[], settings: MethodSettings): Factors {
  const { a, b } = concatFactors(loras);
  return factorsOf(lowRankSvd(b, a), settings);
}

/** The sum with the smallest sufficient rank: components that are zero up to rounding are left out at every layer. */
export function compressed(loras: readonly WeightedLora[], settings: MethodSettings): Factors {
  const { a, b } = concatFactors(loras);
  const svd = lowRankSvd(b, a);
  const rank = Math.max(1, svd.s.filter((value) => value > 1e-12 * svd.s[0]!).length);
  return factorsOf(svd, { ...settings, rank });
}

/** Both factors with the configuration's rank, in the layout of files. */
export function storedFactors(
  { keys, kernels }: CombinedLayer,
  { a, b }: Factors,
  rank: number,
): [string, AdapterTensor][] {
  const wideA = resized(a, rank, a.columns);
  const wideB = resized(b, b.rows, rank);
  const inFeatures = a.columns / kernels.a.reduce((product, size) => product * size, 1);
  return [
    [keys.a, { shape: [rank, inFeatures, ...kernels.a], values: Float32Array.from(wideA.values) }],
    [keys.b, { shape: [b.rows, rank, ...kernels.b], values: Float32Array.from(wideB.values) }],
  ];
}

/** All adapters are finite, so an overflow comes from the caller's weights. */
export function checkFinite(tensors: ReadonlyMap<string, AdapterTensor>): void {
  const broken = [...tensors].filter(([, { values }]) => !values.every(Number.isFinite)).map(([key]) => key);
  if (broken.length === 0) return;
  const expected = "weights with which float32 can hold the result";
  throw combinationSettingError("weights", `such that ${listed(broken)} would be infinite`, expected);
}

/** Crops a matrix, or pads it with zeros. */
function resized(matrix: Matrix, rows: number, columns: number): Matrix {
  if (matrix.rows === rows && matrix.columns === columns) return matrix;
  const larger = createMatrix(rows, columns);
  for (let row = 0; row < matrix.rows; row++) {
    const values = matrix.values.subarray(row * matrix.columns, (row + 1) * matrix.columns);
    larger.values.set(values, row * columns);
  }
  return larger;
}
