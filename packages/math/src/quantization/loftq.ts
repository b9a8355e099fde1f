// LoftQ: a quantized weight with an A and B that reduce its error.

import { type OptionNames, refuseUnknownOptions } from "@lowrank/contracts/internal";
import { normalFloat4Levels } from "@lowrank/engine/internal";
import { settingError } from "../errors.ts";
import { type Matrix, multiply, scaleColumns, transpose } from "../linear-algebra/matrix.ts";
import { truncatedSvd } from "../linear-algebra/truncated-svd.ts";

/** Settings of `loftq`. */
export interface LoftqOptions {
  readonly rank: number;
  /** 4 (NormalFloat in blocks of 64) or 8 (even steps by row). Default 4. */
  readonly bits?: 4 | 8;
  /** Default 1. */
  readonly iterations?: number;
}

const optionNames: OptionNames<LoftqOptions> = { rank: true, bits: true, iterations: true };

/** The result of `loftq`: weight ≈ quantized + b·a. */
export interface LoftqInit {
  /** The dequantized weight, [outFeatures, inFeatures]. */
  readonly quantized: Matrix;
  /** [rank, inFeatures] */
  readonly a: Matrix;
  /** [outFeatures, rank] */
  readonly b: Matrix;
}

/**
 * Quantizes a weight [outFeatures, inFeatures] and finds A and B that minimize the error (Li et al. 2023, arXiv 2310.08659;
 * PEFT's loftq_init). PEFT uses this A and B with every scaling s of the adapter, which is correct only for s = 1. To initialize
 * adapters use `init: "loftq"`. Throws INVALID_SETTING.
 */
export function loftq(weight: Matrix, options: LoftqOptions): LoftqInit {
  refuseUnknownOptions("loftq", options, optionNames);
  const { rank, bits = 4, iterations = 1 } = options;
  if (bits !== 4 && bits !== 8) throw settingError("loftq", "bits", bits, "4 or 8");
  if (!Number.isInteger(iterations) || iterations < 1)
    throw settingError("loftq", "iterations", iterations, "a whole number of at least 1");
  const round = bits === 4 ? roundToNormalFloat4 : roundToInt8;
  let rest = weight;
  for (let iteration = 1; ; iteration++) {
    const quantized = round(rest);
    const { u, s, v } = truncatedSvd(minus(weight, quantized), rank);
    const roots = s.map(Math.sqrt);
    const b = scaleColumns(u, roots);
    const a = transpose(scaleColumns(v, roots));
    if (iteration === iterations) return { quantized, a, b };
    rest = minus(weight, multiply(b, a));
  }
}

function minus(one: Matrix, other: Matrix): Matrix {
  return { ...one, values: one.values.map((value, index) => value - other.values[index]!) };
}

/** Numbers that share one scale. */
const blockSize = 64;

/**
 * Rounds each number to the nearest of 16 levels times its block's largest (Dettmers et al. 2023, QLoRA), in blocks of 64 in the
 * file's order, [outFeatures, inFeatures].
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

/** Rounds to 255 uniform steps of each row's largest number. As in bitsandbytes, weights are first rounded to half precision. */
export function roundToInt8(matrix: Matrix): Matrix {
  const values = new Float64Array(matrix.values.length);
  for (let start = 0; start < values.length; start += matrix.columns) {
    const row = matrix.values.subarray(start, start + matrix.columns).map(toHalf);
    const largest = largestOf(row);
    // In float32, like bitsandbytes: between two steps this decides.
    const perUnit = Math.fround(127 / largest);
    values.set(
      row.map((value) => (largest === 0 ? 0 : (roundToEven(Math.fround(value * perUnit)) * largest) / 127)),
      start,
    );
  }
  return { ...matrix, values };
}

/** Rounds to float16: 11 significant bits, fewer below 2⁻¹⁴. */
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
  return values.reduce((max, value) => Math.max(max, Math.abs(value)), 0);
}

function nearestLevel(value: number): number {
  return normalFloat4Levels.reduce((best, level) => (Math.abs(level - value) < Math.abs(best - value) ? level : best));
}
