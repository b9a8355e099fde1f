// The one product that is fast in wasm: single matrices, neither transposed.

import type { WasmBackend } from "../wasm-backend.ts";

/** [rows, inner]·[inner, columns], each matrix by the id that C++ knows it by. */
export interface PlainProduct {
  readonly left: number;
  readonly right: number;
  readonly output: number;
  readonly rows: number;
  readonly inner: number;
  readonly columns: number;
}

type ProductFunction = (...values: unknown[]) => void;

const functions = new WeakMap<WasmBackend, ProductFunction>();

/** Computes the product into `output`, which must be registered already. */
export function multiplyPlain(backend: WasmBackend, product: PlainProduct): void {
  const { left, right, output, rows, inner, columns } = product;
  const sizes = (...shape: number[]) => new Uint8Array(new Int32Array([1, ...shape]).buffer);
  const multiply = functions.get(backend) ?? wrap(backend);
  multiply(left, sizes(rows, inner), 3, right, sizes(inner, columns), 3, 0, 0, output);
}

/** As tfjs-backend-wasm's own BatchMatMul kernel declares it: ids, shapes, ranks, flags, and the output's id. */
function wrap(backend: WasmBackend): ProductFunction {
  const parameters = ["number", "array", "number", "number", "array", "number", "number", "number", "number"] as const;
  const multiply = backend.wasm.cwrap("BatchMatMul", null, parameters);
  functions.set(backend, multiply);
  return multiply;
}
