// The TensorFlow.js backends on which engines run: one row each.

import * as tf from "@tensorflow/tfjs-core";
import type { BackendFacts } from "./backend-facts.ts";
import { cpuBackend } from "./cpu/facts.ts";
import { nativeBackend } from "./native/facts.ts";
import { tensorflowBackend } from "./tfjs-node/facts.ts";
import { wasmBackend } from "./wasm/facts.ts";
import { webglBackend } from "./webgl/facts.ts";
import { webgpuBackend } from "./webgpu/facts.ts";

/** By the name that tf.setBackend knows each by. */
export const backends: Readonly<Partial<Record<string, BackendFacts>>> = {
  cpu: cpuBackend,
  native: nativeBackend,
  tensorflow: tensorflowBackend,
  wasm: wasmBackend,
  webgl: webglBackend,
  webgpu: webgpuBackend,
};

/**
 * Facts of the backend that computes now; undefined for one that no engine here runs on.
 *
 * @example
 * ```ts
 * import { currentBackend } from "@lowrank/engine";
 * import "@tensorflow/tfjs-backend-cpu";
 * import * as tf from "@tensorflow/tfjs-core";
 *
 * await tf.setBackend("cpu");
 * console.log(currentBackend()?.memory); // process
 * ```
 */
export function currentBackend(): BackendFacts | undefined {
  return backends[tf.getBackend()];
}
