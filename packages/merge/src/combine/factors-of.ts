// From a decomposition to factors: B = U·S, A = Vᵀ, as PEFT and kohya's svd_merge_lora.py have it.

import { keepFirst, type Matrix, type Svd, scaleColumns, transpose } from "@lowrank/math";
import type { Factors, MethodSettings } from "./combination-method.ts";

/** The first `rank` components as factors, cut off at a quantile if asked for. */
export function factorsOf(
  found: Svd,
  { rank, clamp, signs }: Pick<MethodSettings, "rank" | "clamp" | "signs">,
): Factors {
  const { u, s, v } = keepFirst(found, rank);
  const turned = directionOf({ a: transpose(v), b: u }, signs);
  const factors = {
    a: transpose(scaleColumns(v, turned)),
    b: scaleColumns(
      u,
      s.map((value, index) => value * turned[index]!),
    ),
  };
  return clamp === null ? factors : clamped(factors, clamp);
}

/**
 * For each component, 1 or −1. A decomposition leaves them open: without a model to follow, the entry of A that is
 * largest becomes positive.
 */
function directionOf({ a, b }: Factors, signs: Factors | null): Float64Array {
  return Float64Array.from({ length: a.rows }, (_, component) => {
    if (signs && component < signs.a.rows) return similarity({ a, b }, signs, component) < 0 ? -1 : 1;
    const row = rowOf(a, component);
    const largest = row.reduce((most, value) => (Math.abs(value) > Math.abs(most) + 1e-9 ? value : most), 0);
    return largest < 0 ? -1 : 1;
  });
}

function similarity(one: Factors, other: Factors, component: number): number {
  const right = rowOf(other.a, component);
  return rowOf(one.a, component).reduce((sum, value, index) => sum + value * right[index]!, 0);
}

function rowOf({ columns, values }: Matrix, row: number): Float64Array {
  return values.subarray(row * columns, (row + 1) * columns);
}

/** Entries of both factors beyond ± the quantile of all of them, signs included, are set to it. */
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

/** With linear interpolation, as torch.quantile. Sorts the values in place. */
function quantileOf(values: Float64Array, quantile: number): number {
  const sorted = values.sort();
  const position = quantile * (sorted.length - 1);
  const below = sorted[Math.floor(position)] ?? 0;
  const above = sorted[Math.ceil(position)] ?? below;
  return below + (position - Math.floor(position)) * (above - below);
}
