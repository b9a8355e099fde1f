// Initializations that replace a part of the weight. PEFT changes the base to W − s·A₀·B₀. Here W stays unchanged, and the
// adapter subtracts its initial product instead: s·(A·B − A₀·B₀). The model computes the same.

import { settingError } from "../errors.ts";
import { type Matrix, tensorOfMatrix } from "../linear-algebra/matrix.ts";
import { LoraMatrices } from "../matrices/lora-matrices.ts";
import type { InitRequest } from "./initialization.ts";

/** Matrices with the initial values a [inFeatures, rank] and b [rank, outFeatures], which also subtract a·b. */
export function subtractedMatrices(a: Matrix, b: Matrix, { name }: InitRequest): LoraMatrices {
  const baseChange = { kind: "subtracted", a: tensorOfMatrix(a), b: tensorOfMatrix(b) } as const;
  return LoraMatrices.fromTensors({ a: tensorOfMatrix(a), b: tensorOfMatrix(b), name, baseChange });
}

/** Throws INVALID_SETTING if the initialization divides by a scaling that does not allow it. */
export function checkScaling({ init, name, scaling }: InitRequest, isPossible: boolean): void {
  if (!isPossible)
    throw settingError(`Adapter "${name}" with init "${String(init)}"`, "scaling", scaling, "alpha above 0");
}

/** Throws INVALID_SETTING if a weight has fewer directions than the initialization needs. */
export function checkDirections({ init, name, rank, inFeatures, outFeatures }: InitRequest, each = 1): void {
  const max = Math.floor(Math.min(inFeatures, outFeatures) / each);
  if (rank > max) throw settingError(`Adapter "${name}" with init "${String(init)}"`, "rank", rank, `at most ${max}`);
}
