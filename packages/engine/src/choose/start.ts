// How each engine is started. The wasm, cpu, webgl and webgpu imports are literal so that bundlers find them; the
// packages that only Node can load are not.

import * as tf from "@tensorflow/tfjs-core";
import type { StartOptions } from "../engines/start-options.ts";
import type { StartOutcome } from "../engines/start-outcome.ts";
import { startTfjsNode } from "../engines/tfjs-node/start-tfjs-node.ts";
import { patchWasmKernels } from "../engines/wasm/patch-wasm-kernels.ts";
import { startWebgl } from "../engines/webgl/start-webgl.ts";
import { startWebgpu } from "../engines/webgpu/start-webgpu.ts";
import type { EngineName } from "./engine-name.ts";

/** Loads an engine's package and registers its backend. Throws if that cannot be done, saying why. */
export const starters: Readonly<Record<EngineName, (options: StartOptions) => Promise<StartOutcome>>> = {
  "tfjs-node-gpu": (options) => startTfjsNode("tfjs-node-gpu", options),
  native: async ({ threads, onnxRuntimeFile: library }) => {
    const { startNative } = await import("../engines/native/start-native.ts");
    return startNative({
      ...(threads === undefined ? {} : { threads }),
      ...(library === undefined ? {} : { library }),
    });
  },
  "tfjs-node": (options) => startTfjsNode("tfjs-node", options),
  webgpu: ({ isAskedFor }) => startWebgpu(isAskedFor),
  wasm: startWasm,
  webgl: ({ isAskedFor }) => startWebgl(isAskedFor),
  cpu: async () => {
    await import("@tensorflow/tfjs-backend-cpu");
    return { backend: "cpu" };
  },
};

async function startWasm({ wasmPath, threads }: StartOptions): Promise<StartOutcome> {
  const { setThreadsCount, setWasmPaths, version_wasm: version } = await import("@tensorflow/tfjs-backend-wasm");
  if (isMinified(startWasm)) tf.env().set("WASM_HAS_MULTITHREAD_SUPPORT", false);
  if (wasmPath !== undefined) setWasmPaths(wasmPath);
  if (threads !== undefined) setThreadsCount(threads); // tfjs uses threads only in browsers, and half the cores at most
  const note = patchWasmKernels(version);
  return note === undefined ? { backend: "wasm" } : { backend: "wasm", note };
}

/**
 * Whether a bundler has renamed what is in this page. Where a server isolates the page (COOP and COEP), threads would start:
 * tfjs-backend-wasm 4.22 hands them its factory as text, in which a minifier has renamed what is defined outside of it. They
 * throw, and the backend would wait for them for ever.
 */
function isMinified({ name }: typeof startWasm): boolean {
  return !name.startsWith("startWasm");
}
