// LoftQ: a rounded weight and the pair that mends most of the rounding, found in turns.

import { type OptionNames, refuseUnknownOptions } from "@lowrank/contracts";
import { SettingError } from "../errors.ts";
import { type Matrix, multiply, scaleColumns, transpose } from "../linear-algebra/matrix.ts";
import { truncatedSvd } from "../linear-algebra/truncated-svd.ts";
import { roundToInt8, roundToNormalFloat4 } from "./quantize.ts";

/** Settings of `loftq`. */
export interface LoftqOptions {
  readonly rank: number;
  /** 4 (NormalFloat in blocks of 64) or 8 (even steps by row). Default 4. */
  readonly bits?: 4 | 8;
  /** Default 1. */
  readonly iterations?: number;
}

const optionNames: OptionNames<LoftqOptions> = { rank: true, bits: true, iterations: true };

/** What `loftq` finds: weight ≈ quantized + b·a. */
export interface LoftqStart {
  /** The rounded weight, [outFeatures, inFeatures], in full precision. */
  readonly quantized: Matrix;
  /** [rank, inFeatures] */
  readonly a: Matrix;
  /** [outFeatures, rank] */
  readonly b: Matrix;
}

/**
 * Rounds a weight [outFeatures, inFeatures] and finds the pair that brings it nearest to what it was (Li et al. 2023,
 * arXiv 2310.08659; PEFT's loftq_init). PEFT uses the pair with whatever scaling s the adapter has, which is right for
 * s = 1 only. As a start of adapters, `init: "loftq"`. Throws SettingError.
 *
 * @example
 * ```ts
 * import { createMatrix, loftq } from "@lowrank/math";
 *
 * const weight = createMatrix(2, 2, [1, 0.3, -0.2, 0.6]);
 * const { quantized, a, b } = loftq(weight, { rank: 1, iterations: 2 });
 * console.assert(quantized.rows === 2 && a.rows === 1 && b.columns === 1);
 * ```
 */
export function loftq(weight: Matrix, options: LoftqOptions): LoftqStart {
  refuseUnknownOptions("loftq", options, optionNames);
  const { rank, bits = 4, iterations = 1 } = options;
  if (bits !== 4 && bits !== 8) throw new SettingError("loftq", "bits", bits, "4 or 8");
  if (!Number.isInteger(iterations) || iterations < 1)
    throw new SettingError("loftq", "iterations", iterations, "a whole number of at least 1");
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
