// How fast this engine multiplies matrices, which is nine tenths of a training step.

import * as tf from "@tensorflow/tfjs-core";

/** One measurement. */
export interface ProductSpeed {
  readonly size: number;
  /** Best of several runs, in billions of additions and multiplications a second. */
  readonly gflops: number;
}

const runs = 4;

/** Multiplies two square float32 matrices a few times; `size` halves until a run takes less than two seconds. */
export async function measureProducts(size = 512): Promise<ProductSpeed> {
  const a = tf.ones([size, size]);
  const b = tf.ones([size, size]);
  try {
    const first = await timeProduct(a, b); // warms up: kernels are compiled and packed on first use
    if (first > 2 && size > 64) return await measureProducts(size / 2);
    let best = first;
    for (let run = 0; run < runs; run += 1) best = Math.min(best, await timeProduct(a, b));
    return { size, gflops: (2 * size ** 3) / best / 1e9 };
  } finally {
    tf.dispose([a, b]);
  }
}

/** Seconds of one product, its values read back: an engine may compute lazily. */
async function timeProduct(a: tf.Tensor, b: tf.Tensor): Promise<number> {
  const begin = performance.now();
  const product = tf.matMul(a, b);
  await product.data();
  product.dispose();
  return (performance.now() - begin) / 1000;
}
