// Rounding weights to few bits and back, to see what is lost. Nothing is stored in few bits here.

import type { Matrix } from "../linear-algebra/matrix.ts";

/** The 16 levels of NormalFloat 4: quantiles of the normal distribution, as bitsandbytes has them. */
const levels: readonly number[] = [
  -1, -0.6961928009986877, -0.5250730514526367, -0.39491748809814453, -0.28444138169288635, -0.18477343022823334,
  -0.09105003625154495, 0, 0.07958029955625534, 0.16093020141124725, 0.24611230194568634, 0.33791524171829224,
  0.44070982933044434, 0.5626170039176941, 0.7229568362236023, 1,
];

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

/** Each number as one of 255 even steps of its row's largest (bitsandbytes' LLM.int8 weights). */
export function roundToInt8(matrix: Matrix): Matrix {
  const values = new Float64Array(matrix.values.length);
  for (let start = 0; start < values.length; start += matrix.columns) {
    const row = matrix.values.subarray(start, start + matrix.columns);
    const step = largestOf(row) / 127;
    values.set(
      row.map((value) => (step === 0 ? 0 : Math.round(value / step) * step)),
      start,
    );
  }
  return { ...matrix, values };
}

function largestOf(values: Float64Array): number {
  return values.reduce((most, value) => Math.max(most, Math.abs(value)), 0);
}

function nearestLevel(value: number): number {
  return levels.reduce((best, level) => (Math.abs(level - value) < Math.abs(best - value) ? level : best));
}
