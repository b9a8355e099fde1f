// The wasm backend, with its kernels mended.

import * as tf from "@tensorflow/tfjs-core";
import type { StartOptions } from "../start-options.ts";
import type { StartOutcome } from "../start-outcome.ts";
import { patchWasmKernels } from "./patch-wasm-kernels.ts";

export async function startWasm({ wasmPath, threads }: StartOptions): Promise<StartOutcome> {
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
