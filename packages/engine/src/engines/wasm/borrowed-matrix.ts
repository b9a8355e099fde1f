// A matrix inside a larger tensor, lent to the C++ side as a tensor of its own without copying.

import type { WasmBackend } from "./wasm-backend.ts";

/** A borrowed matrix; `id` is its id for C++ functions. */
export interface BorrowedMatrix {
  readonly id: number;
  /** Ends the loan, and with it whatever XNNPACK has prepared for this matrix. */
  release(): void;
}

const bytesPerFloat = 4;

/** Lends [rows, columns] floats that start `index` matrices into the values of `dataId`. */
export function lendMatrix(
  backend: WasmBackend,
  dataId: object,
  at: { readonly index: number; readonly rows: number; readonly columns: number },
): BorrowedMatrix {
  const { memoryOffset } = backend.dataIdMap.get(dataId);
  const start = memoryOffset + at.index * at.rows * at.columns * bytesPerFloat;
  const borrowed = backend.makeOutput([at.rows, at.columns], "float32", start);
  const { id } = backend.dataIdMap.get(borrowed.dataId);
  return {
    id,
    release: () => {
      // Not backend.disposeData: that would free memory which belongs to the larger tensor.
      backend.wasm.tfjs.disposeData(id);
      backend.dataIdMap.delete(borrowed.dataId);
    },
  };
}
