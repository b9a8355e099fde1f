// Starts that take over a part of the weight. PEFT writes W − s·A₀·B₀ into the base; here W stays, and the pair subtracts
// its own start instead: s·(A·B − A₀·B₀). The model computes the same, and the base remains the one that everybody has.

import { SettingError } from "../errors.ts";
import { type Matrix, tensorOfMatrix } from "../linear-algebra/matrix.ts";
import { LoraMatrices } from "../matrices/lora-matrices.ts";
import type { InitRequest } from "./initialization.ts";

/** A pair that starts as a [inFeatures, rank] and b [rank, outFeatures] and subtracts just that. */
export function subtractedMatrices(a: Matrix, b: Matrix, { name }: InitRequest): LoraMatrices {
  const baseChange = { kind: "subtracted", a: tensorOfMatrix(a), b: tensorOfMatrix(b) } as const;
  return LoraMatrices.fromTensors({ a: tensorOfMatrix(a), b: tensorOfMatrix(b), name, baseChange });
}

/** Throws SettingError if a start would have to be divided by a scaling that it cannot be divided by. */
export function checkScaling({ init, name, scaling }: InitRequest, isPossible: boolean): void {
  if (!isPossible)
    throw new SettingError(`Adapter "${name}" with init "${String(init)}"`, "scaling", scaling, "alpha above 0");
}

/** Throws SettingError if a weight does not have as many directions as a start is to take from it. */
export function checkDirections({ init, name, rank, inFeatures, outFeatures }: InitRequest, each = 1): void {
  const max = Math.floor(Math.min(inFeatures, outFeatures) / each);
  if (rank > max)
    throw new SettingError(`Adapter "${name}" with init "${String(init)}"`, "rank", rank, `at most ${max}`);
}
