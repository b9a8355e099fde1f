// What TensorFlow.js, the native engine's pool and the process hold.

import * as tf from "@tensorflow/tfjs-core";
import { NativeBackend } from "../../src/engines/native/native-backend.ts";

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
function holding(): Holding {
  for (let pass = 0; pass < 2; pass++) globalThis.gc?.(); // what the first finds, V8 may still be freeing when it returns
  const backend = tf.backend();
  const { numTensors, numDataBuffers, numBytes } = tf.memory();
  const { arrayBuffers, heapUsed, rss } = process.memoryUsage();
  const pool = backend instanceof NativeBackend ? backend.pool.bytes : 0;
  return { numTensors, numDataBuffers, numBytes, pool, arrayBuffers, heapUsed, rss };
}

/** Takes a reading after a fifth of the steps and another after all of them. */
export interface HoldingWatch {
  /** The step after which the first reading is taken. */
  readonly early: number;
  /** What was read, first the early one. */
  readonly held: readonly Holding[];
  afterStep(step: number): void;
}

/**
 * Watches a run of `count` steps. Garbage is collected all along: left to itself V8 lets it grow to hundreds of megabytes,
 * of which the system gets only most back. Resident memory is the least of several readings before each of the two moments.
 */
export function watchHolding(count: number): HoldingWatch {
  const early = Math.floor(count / 5);
  const before = Math.floor(early / 2);
  const apart = Math.max(1, Math.floor(before / 5));
  const held: Holding[] = [];
  let minResident = Number.POSITIVE_INFINITY;
  return {
    early,
    held,
    afterStep(step) {
      const ahead = step <= early ? early - step : count - step;
      if (ahead % apart !== 0) return;
      const reading = holding();
      if (ahead > before) return;
      minResident = Math.min(minResident, reading.rss);
      if (ahead > 0) return;
      held.push({ ...reading, rss: minResident });
      minResident = Number.POSITIVE_INFINITY;
    },
  };
}
