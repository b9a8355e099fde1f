// Converts A and B that were trained on a changed base (PiSSA, OLoRA, CorDA, LoRA-GA) to plain LoRA for the original base: s·(B·A
// − B₀·A₀) = s·[B, −B₀]·[A; A₀] (PEFT's `subtract_mutated_init`).

import { matrixShapeError } from "../errors.ts";
import type { TorchMatrices, TorchMatrix } from "../update/file-layout.ts";

/**
 * Plain A and B of twice the rank, for the same scaling s. `initial`: A and B after the initialization. Both are in file layout:
 * A [rank, inFeatures], B [outFeatures, rank].
 *
 * Throws MATRIX_SHAPE_MISMATCH if they differ in shape.
 */
export function pissaToLora(trained: TorchMatrices, initial: TorchMatrices): TorchMatrices {
  const [rank = 0, inFeatures = 0] = trained.a.shape;
  const [outFeatures = 0] = trained.b.shape;
  if (!isShaped(trained, initial, rank)) {
    const expected = `the shapes of the trained adapter, [${trained.a.shape.join(", ")}] and [${trained.b.shape.join(", ")}]`;
    throw matrixShapeError("The initial adapter", initial.a.shape, initial.b.shape, expected);
  }
  const a = new Float32Array(2 * rank * inFeatures); // [2·rank, inFeatures]
  a.set(trained.a.values);
  a.set(initial.a.values, rank * inFeatures);
  const b = Float32Array.from({ length: outFeatures * 2 * rank }, (_, index) => {
    const [row, column] = [Math.floor(index / (2 * rank)), index % (2 * rank)];
    if (column < rank) return trained.b.values[row * rank + column]!;
    // Plain negation would turn 0 into −0.
    return 0 - initial.b.values[row * rank + column - rank]!;
  }); // [outFeatures, 2·rank]
  return { a: { shape: [2 * rank, inFeatures], values: a }, b: { shape: [outFeatures, 2 * rank], values: b } };
}

function isShaped(trained: TorchMatrices, initial: TorchMatrices, rank: number): boolean {
  const isSame = (one: TorchMatrix, other: TorchMatrix) =>
    one.shape.length === 2 && one.shape.join() === other.shape.join();
  return isSame(trained.a, initial.a) && isSame(trained.b, initial.b) && trained.b.shape[1] === rank;
}
