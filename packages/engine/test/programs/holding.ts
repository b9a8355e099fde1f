// What TensorFlow.js, the native engine's pool and the process hold.

import * as tf from "@tensorflow/tfjs-core";
import { NativeBackend } from "../../src/native/native-backend.ts";

export interface Holding {
  readonly numTensors: number;
  readonly numDataBuffers: number;
  readonly numBytes: number;
  /** Bytes that wait to be used again, on the native engine. */
  readonly pool: number;
  readonly arrayBuffers: number;
  readonly heapUsed: number;
  readonly rss: number;
}

/** Measured after a garbage collection, if node runs with --expose-gc. */
export function holding(): Holding {
  for (let pass = 0; pass < 2; pass++) globalThis.gc?.(); // what the first finds, V8 may still be freeing when it returns
  const backend = tf.backend();
  const { numTensors, numDataBuffers, numBytes } = tf.memory();
  const { arrayBuffers, heapUsed, rss } = process.memoryUsage();
  const pool = backend instanceof NativeBackend ? backend.pool.bytes : 0;
  return { numTensors, numDataBuffers, numBytes, pool, arrayBuffers, heapUsed, rss };
}
