// Runs a graph of row-by-row or entry-by-entry operations on pieces that fit the processor's cache: a graph of fifteen nodes
// over a large tensor would otherwise carry fifteen intermediates to memory and back.

import type { NativeBackend } from "../native-backend.ts";
import type { NativeTensor } from "../runtime/native-tensor.ts";
import type { NativeSession } from "../runtime/onnx-runtime.ts";

/** Entries of a piece: two or three of these fit the second-level cache of a core. */
const pieceEntries = 256 * 1024;

/** A tensor that has rows: [rows, width]. */
export interface RowTensor {
  readonly values: Float32Array;
  readonly width: number;
}

/** A tensor that every row needs whole. */
export type WholeTensor = NativeTensor;

export function runInPieces(
  backend: NativeBackend,
  session: NativeSession,
  rows: number,
  inputs: readonly (RowTensor | WholeTensor)[],
  outputs: readonly RowTensor[],
): void {
  const widest = Math.max(...outputs.map(({ width }) => width));
  const step = Math.max(1, Math.floor(pieceEntries / widest));
  for (let start = 0; start < rows; start += step) {
    const size = Math.min(step, rows - start);
    backend.run(
      session,
      inputs.map((tensor) => ("width" in tensor ? pieceOf(tensor, start, size) : tensor)),
      outputs.map((tensor) => pieceOf(tensor, start, size)),
    );
  }
}

/** The same for tensors of one size and any shape. One axis: against [n, 1], a scalar is broadcast row by row. */
export function runFlat(
  backend: NativeBackend,
  session: NativeSession,
  inputs: readonly Float32Array[],
  outputs: readonly Float32Array[],
): void {
  const length = outputs[0]?.length ?? 0;
  for (let start = 0; start < length; start += pieceEntries) {
    const size = Math.min(pieceEntries, length - start);
    const flat = (values: Float32Array) => ({ values: values.subarray(start, start + size), shape: [size] });
    backend.run(session, inputs.map(flat), outputs.map(flat));
  }
}

function pieceOf({ values, width }: RowTensor, start: number, size: number): NativeTensor {
  return { values: values.subarray(start * width, (start + size) * width), shape: [size, width] };
}
