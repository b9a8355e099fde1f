// Measures an engine's speed.

import * as tf from "@tensorflow/tfjs-core";
import { currentBackend } from "../engines/backends.ts";
import { FrozenWeight } from "../frozen-weight.ts";
import { packInt8 } from "../packed/pack-int8.ts";

/** The sizes of a product of [rows, inner] and [inner, columns]. */
type ProductShape = readonly [rows: number, inner: number, columns: number];

/** How fast the current backend multiplies matrices. */
export interface MatMulSpeed {
  readonly shape: ProductShape;
  readonly milliseconds: number;
  /** Billions of multiplications and additions a second. */
  readonly gflops: number;
}

/** A feed-forward layer of GPT-2 small in a training step of 4 × 128 tokens. */
const layer: ProductShape = [512, 768, 3072];
/** A cpu needs seconds for one such product. */
const maxMilliseconds = 300;
/** The first products of a process are slower: libraries prepare kernels, processors raise their clock. */
const steadyRounds = 5;

/**
 * Multiplies matrices until five products in a row take the same time within 5 %, or 0.3 seconds are over; reports the
 * median of the last five.
 */
export async function measureMatMul(shape = layer): Promise<MatMulSpeed> {
  const [rows, inner, columns] = shape;
  const a = tf.fill<tf.Rank.R2>([rows, inner], 1 / inner);
  const b = tf.fill<tf.Rank.R2>([inner, columns], 2);
  try {
    return await speedOf(shape, () => tf.matMul(a, b));
  } finally {
    tf.dispose([a, b]);
  }
}

/**
 * The same with a frozen weight in 8 bits, as in a training step: it rounds the other matrix, multiplies and scales. If
 * `int8Problem()` gives a reason, the product is in float32.
 */
export async function measureInt8Product(shape = layer): Promise<MatMulSpeed> {
  const [rows, inner, columns] = shape;
  const packed = packInt8(new Float32Array(inner * columns).fill(2), {
    rows: columns,
    columns: inner,
    layout: "out-in",
  });
  if (packed === undefined) throw new Error("Twos are finite.");
  const weight = FrozenWeight.fromInt8(packed);
  const a = tf.fill<tf.Rank.R2>([rows, inner], 1 / inner);
  try {
    return await speedOf(shape, () => weight.multiply(a));
  } finally {
    a.dispose();
    weight.dispose();
  }
}

async function speedOf(shape: ProductShape, multiply: () => tf.Tensor2D): Promise<MatMulSpeed> {
  const end = performance.now() + maxMilliseconds;
  const times: number[] = [];
  let last: number[];
  do {
    times.push(await timeProduct(multiply));
    last = times.slice(-steadyRounds).sort((one, other) => one - other);
  } while (performance.now() < end && (last.length < steadyRounds || Math.max(...last) > 1.05 * Math.min(...last)));
  const milliseconds = last[last.length >> 1] ?? Number.NaN;
  return { shape, milliseconds, gflops: (2 * shape[0] * shape[1] * shape[2]) / (milliseconds * 1e6) };
}

async function timeProduct(multiply: () => tf.Tensor2D): Promise<number> {
  const start = performance.now();
  const product = multiply();
  // WebGPU only queues the work until a read; on other engines a step does not read either.
  if (currentBackend()?.memory !== "process") await product.data();
  const milliseconds = performance.now() - start;
  product.dispose();
  return milliseconds;
}
