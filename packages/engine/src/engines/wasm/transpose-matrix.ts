// Transposes on the heap, block by block. The backend's own kernel reads one of the two matrices column by column, which misses the
// cache at every step: 3 to 18 ns for each entry of large matrices, where blocks need less than 2 (bench/).

import * as tf from "@tensorflow/tfjs-core";
import { numbersOf } from "../../gradients/attributes.ts";
import { inputOf, runKernel } from "../../kernels/wrap-kernels.ts";
import { floatsOf, type WasmBackend, wasmKernel } from "./wasm-backend.ts";

/** Two blocks of 16 × 16 floats fit the first-level cache of any processor. */
const block = 16;

/** Below this the backend's own kernel is as fast. */
const smallestSize = 4096;

/** The transposes of a batch of matrices [matrices, rows, columns], as a new tensor [matrices, columns, rows]. */
export function transposeMatrices(backend: WasmBackend, x: tf.TensorInfo): tf.TensorInfo {
  const [rows = 0, columns = 0] = x.shape.slice(-2);
  const output = backend.makeOutput([...x.shape.slice(0, -2), columns, rows], "float32");
  const source = floatsOf(backend, x);
  const target = floatsOf(backend, output);
  for (let start = 0; start < source.length; start += rows * columns) {
    transposeBlocks(source.subarray(start, start + rows * columns), target.subarray(start), columns);
  }
  return output;
}

function transposeBlocks(source: Float32Array, target: Float32Array, columns: number): void {
  const rows = source.length / columns;
  for (let firstRow = 0; firstRow < rows; firstRow += block) {
    const lastRow = Math.min(rows, firstRow + block);
    for (let firstColumn = 0; firstColumn < columns; firstColumn += block) {
      const lastColumn = Math.min(columns, firstColumn + block);
      for (let column = firstColumn; column < lastColumn; column++) {
        const start = column * rows;
        for (let row = firstRow; row < lastRow; row++) target[start + row] = source[row * columns + column] ?? 0;
      }
    }
  }
}

/**
 * The kernel for float matrices that are large enough, and for tensors without entries, by whose axes the backend's own
 * divides; everything else goes to that.
 */
export function fasterTranspose(original: tf.KernelConfig): tf.KernelConfig {
  const faster = wasmKernel("Transpose", (inputs, attributes, backend) => {
    const x = inputOf(inputs, "x");
    const permutation = numbersOf(attributes, "perm");
    if (x.shape.includes(0)) {
      const shape = permutation.map((axis) => x.shape[axis] ?? 0);
      return backend.makeOutput(shape, x.dtype);
    }
    const [first, second] = permutation;
    const isMatrix = x.shape.length === 2 && first === 1 && second === 0 && x.dtype === "float32";
    if (isMatrix && tf.util.sizeFromShape(x.shape) >= smallestSize) return transposeMatrices(backend, x);
    return runKernel(original, inputs, attributes, backend);
  });
  return { ...original, kernelFunc: faster.kernelFunc };
}
