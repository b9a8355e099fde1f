// Rounding weights to few bits and back, to see what is lost. Nothing is stored in few bits here.

import { normalFloat4Levels } from "@lowrank/engine";
import type { Matrix } from "../linear-algebra/matrix.ts";

/** Numbers that share one scale. */
const blockSize = 64;

/**
 * Each number as the nearest of 16 levels times the largest of its block of 64 (Dettmers et al. 2023, QLoRA), in row-major
 * order of the matrix as files store it, [outFeatures, inFeatures].
 */
export function roundToNormalFloat4(matrix: Matrix): Matrix {
  const values = new Float64Array(matrix.values.length);
  for (let start = 0; start < values.length; start += blockSize) {
    const block = matrix.values.subarray(start, start + blockSize);
    const largest = largestOf(block);
    values.set(
      block.map((value) => (largest === 0 ? 0 : nearestLevel(value / largest) * largest)),
      start,
    );
  }
  return { ...matrix, values };
}

/** Each number as one of 255 even steps of its row's largest. As bitsandbytes does, weights become half precision first. */
export function roundToInt8(matrix: Matrix): Matrix {
  const values = new Float64Array(matrix.values.length);
  for (let start = 0; start < values.length; start += matrix.columns) {
    const row = matrix.values.subarray(start, start + matrix.columns).map(toHalf);
    const largest = largestOf(row);
    // In float32, as there: near the middle of two steps it decides.
    const perUnit = Math.fround(127 / largest);
    values.set(
      row.map((value) => (largest === 0 ? 0 : (roundToEven(Math.fround(value * perUnit)) * largest) / 127)),
      start,
    );
  }
  return { ...matrix, values };
}

/** The nearest number with 11 significant bits, fewer below 2⁻¹⁴. */
function toHalf(value: number): number {
  if (value === 0) return 0;
  const step = 2 ** (Math.max(-14, Math.floor(Math.log2(Math.abs(value)))) - 10);
  return roundToEven(value / step) * step;
}

function roundToEven(value: number): number {
  const rounded = Math.round(value);
  return rounded - value === 0.5 && rounded % 2 !== 0 ? rounded - 1 : rounded;
}

function largestOf(values: Float64Array): number {
  return values.reduce((most, value) => Math.max(most, Math.abs(value)), 0);
}

function nearestLevel(value: number): number {
  return normalFloat4Levels.reduce((best, level) => (Math.abs(level - value) < Math.abs(best - value) ? level : best));
}
