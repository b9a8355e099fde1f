// A matrix in 8 bits with one scale for each output, as plain data for products in 8 bits. One scale for each output instead
// of each block, since a product of integers is scaled after its sum (Dettmers et al. 2022, LLM.int8(), arXiv 2208.07339;
// Wortsman et al. 2023, SwitchBack, arXiv 2304.13013).

import { ArgumentError } from "../errors.ts";

/** An entry is `scales[output] · codes[output, input]`. */
export interface Int8Matrix {
  readonly kind: "int8";
  readonly outFeatures: number;
  readonly inFeatures: number;
  /** [outFeatures, inFeatures], from −127 to 127 */
  readonly codes: Int8Array;
  /** [outFeatures]; 0 for an output of zeros alone */
  readonly scales: Float32Array;
}

/** The layout of a matrix's numbers. */
export interface MatrixShape {
  readonly rows: number;
  readonly columns: number;
  /** "out-in", torch's, if rows are outputs. */
  readonly layout: "out-in" | "in-out";
}

/** Throws ArgumentError unless every array has the length that the features require. */
export function checkInt8(where: string, { outFeatures, inFeatures, codes, scales }: Int8Matrix): void {
  for (const [argument, size] of Object.entries({ outFeatures, inFeatures }))
    if (!Number.isSafeInteger(size) || size < 1)
      throw new ArgumentError(where, argument, size, "a whole number from 1");
  const lengths = [
    ["codes.length", codes.length, outFeatures * inFeatures],
    ["scales.length", scales.length, outFeatures],
  ] as const;
  for (const [argument, got, expected] of lengths)
    if (got !== expected) throw new ArgumentError(where, argument, got, String(expected));
}
