// A number to judge an engine by.

import * as tf from "@tensorflow/tfjs-core";

/** How fast the current backend multiplies matrices. */
export interface MatMulSpeed {
  /** The matrices had this many rows and columns. */
  readonly size: number;
  readonly milliseconds: number;
  /** Thousand millions of multiplications and additions a second. */
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
    const times: number[] = [];
    for (let round = 0; round < 4; round++) times.push(await timeProduct(a, b));
    const milliseconds = Math.min(...times.slice(1)); // the first round prepares the kernel
    return { size, milliseconds, gflops: (2 * size ** 3) / (milliseconds * 1e6) };
  } finally {
    tf.dispose([a, b]);
  }
}

async function timeProduct(a: tf.Tensor2D, b: tf.Tensor2D): Promise<number> {
  const start = performance.now();
  const product = tf.matMul(a, b);
  await product.data(); // WebGPU has only queued the work until somebody reads
  product.dispose();
  return performance.now() - start;
}
