// The wasm backend, with fixed kernels.

import * as tf from "@tensorflow/tfjs-core";
import { isNode } from "../import-unbundled.ts";
import type { StartOptions, StartOutcome } from "../start-options.ts";
import { patchWasmKernels } from "./patch-wasm-kernels.ts";
import { findThreadScript, startThreadsFrom } from "./start-threads.ts";
import { findWasmFiles, threadScriptAddress } from "./wasm-files.ts";

export async function startWasm({ wasmPath, threads }: StartOptions): Promise<StartOutcome> {
  const loading = import("@tensorflow/tfjs-backend-wasm");
  const threadScript = isMinified(startWasm) ? await findThreadScript(threadScriptAddress(wasmPath)) : undefined;
  const { setThreadsCount, setWasmPaths, version_wasm: version } = await loading;
  if (isMinified(startWasm) && threadScript === undefined) tf.env().set("WASM_HAS_MULTITHREAD_SUPPORT", false);
  const note = patchWasmKernels(version);
  if (!isNode() && !("wasm" in tf.engine().registry)) setWasmPaths(await findWasmFiles(wasmPath, note === undefined));
  else if (wasmPath !== undefined) setWasmPaths(wasmPath);
  if (threads !== undefined) setThreadsCount(threads); // tfjs uses threads only in browsers, and half the cores at most
  if (threadScript !== undefined) await startThreadsFrom(threadScript, () => tf.setBackend("wasm"));
  return note === undefined ? { backend: "wasm" } : { backend: "wasm", note };
}

/** Whether a bundler has minified this code. */
function isMinified({ name }: typeof startWasm): boolean {
  return !name.startsWith("startWasm");
}
