// Measures an engine's speed.

import * as tf from "@tensorflow/tfjs-core";
import { FrozenWeight } from "../frozen-weight.ts";
import { packInt8 } from "../packed/pack-int8.ts";

/** How fast the current backend multiplies matrices. */
export interface MatMulSpeed {
  /** The matrices had this many rows and columns. */
  readonly size: number;
  readonly milliseconds: number;
  /** Billions of multiplications and additions a second. */
  readonly gflops: number;
}

/**
 * Multiplies two size × size matrices a few times and reports the fastest.
 *
 * @example
 * ```ts
 * import { measureMatMul } from "@lowrank/engine";
 * import "@tensorflow/tfjs-backend-cpu";
 *
 * const { gflops } = await measureMatMul(64);
 * ```
 */
export async function measureMatMul(size = 512): Promise<MatMulSpeed> {
  const a = tf.fill<tf.Rank.R2>([size, size], 1 / size);
  const b = tf.fill<tf.Rank.R2>([size, size], 2);
  try {
    return await speedOf(size, () => tf.matMul(a, b));
  } finally {
    tf.dispose([a, b]);
  }
}

/**
 * The same for a product with an 8-bit weight, including the rounding of the other factor. It is computed in 8 bits if
 * `int8Unfitness()` is undefined.
 *
 * @example
 * ```ts
 * import { measureInt8Product } from "@lowrank/engine";
 * import "@tensorflow/tfjs-backend-cpu";
 *
 * const { gflops } = await measureInt8Product(64);
 * ```
 */
export async function measureInt8Product(size = 512): Promise<MatMulSpeed> {
  const values = new Float32Array(size * size).fill(2);
  const packed = packInt8(values, { rows: size, columns: size, layout: "out-in" });
  if (packed === undefined) throw new Error("Twos are finite.");
  const weight = FrozenWeight.fromInt8(packed);
  const a = tf.fill<tf.Rank.R2>([size, size], 1 / size);
  try {
    return await speedOf(size, () => weight.multiply(a));
  } finally {
    a.dispose();
    weight.dispose();
  }
}

async function speedOf(size: number, multiply: () => tf.Tensor2D): Promise<MatMulSpeed> {
  const times: number[] = [];
  for (let round = 0; round < 4; round++) times.push(await timeProduct(multiply));
  const milliseconds = Math.min(...times.slice(1)); // the first round prepares the kernel
  return { size, milliseconds, gflops: (2 * size ** 3) / (milliseconds * 1e6) };
}

async function timeProduct(multiply: () => tf.Tensor2D): Promise<number> {
  const start = performance.now();
  const product = multiply();
  await product.data(); // WebGPU only queues the work until a read
  product.dispose();
  return performance.now() - start;
}
