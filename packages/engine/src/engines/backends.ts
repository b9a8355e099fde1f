// The TensorFlow.js backends on which engines run: one row each.

import * as tf from "@tensorflow/tfjs-core";
import type { BackendFacts } from "./engine-facts.ts";

/** By the name that tf.setBackend knows each by. */
export const backends: Readonly<Partial<Record<string, BackendFacts>>> = {
  cpu: { memory: "process", computesAtOnce: true, hasPoorSegmentSum: true, hasPoorScatter: true },
  native: { memory: "process", computesAtOnce: true },
  tensorflow: { memory: "process" },
  wasm: { memory: "process", computesAtOnce: true, copiesArrays: true, needsPlainProducts: true },
  webgl: { memory: "gpu", hasFloatIndices: true },
  webgpu: { memory: "gpu" },
};

/** Facts of the backend that computes now; undefined for one that no engine here runs on. */
export function currentBackend(): BackendFacts | undefined {
  return backends[tf.getBackend()];
}
