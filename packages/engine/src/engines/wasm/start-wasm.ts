// The wasm backend, with its kernels mended.

import * as tf from "@tensorflow/tfjs-core";
import { isNode } from "../import-unseen.ts";
import type { StartOptions, StartOutcome } from "../start-options.ts";
import { patchWasmKernels } from "./patch-wasm-kernels.ts";
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

/** Whether a bundler has renamed what is in this page. */
function isMinified({ name }: typeof startWasm): boolean {
  return !name.startsWith("startWasm");
}

// Threads of the wasm backend in a minified page: they start from a file, since the text that they would start from is broken.
//
// Where a server isolates the page (COOP and COEP), tfjs-backend-wasm 4.22 hands its threads its own factory as text, in which
// a minifier has renamed what is defined outside of it. They throw, and the backend would wait for them for ever.

/**
 * The script from which threads can start, where this page may have threads and its server gives it;
 * undefined otherwise, or where the server answers with another file, as one does that knows a single page.
 */
async function findThreadScript(address: string | undefined): Promise<Blob | undefined> {
  if (globalThis.crossOriginIsolated !== true || address === undefined) return undefined;
  try {
    const response = await fetch(address);
    const text = response.ok ? await response.text() : "";
    if (!/\bWasmBackendModuleThreadedSimd\s*=/.test(text)) return undefined;
    return new Blob([text], { type: "text/javascript" });
  } catch {
    return undefined; // no network: one thread computes the same
  }
}

/**
 * Runs the function that starts the backend, and makes the workers load `script`. Rejects as soon as one worker fails, which
 * the backend itself would not notice.
 */
async function startThreadsFrom<T>(script: Blob, start: () => Promise<T>): Promise<T> {
  const Before = globalThis.Worker;
  let onBroken: (error: Error) => void = () => undefined;
  const broken = new Promise<never>((_, reject) => {
    onBroken = reject;
  });
  globalThis.Worker = class extends Before {
    constructor(address: string | URL, options?: WorkerOptions) {
      super(address, options);
      this.addEventListener("error", ({ message }) => onBroken(new Error(`a thread did not start: ${message}`)));
    }

    override postMessage(message: unknown, options?: Transferable[] | StructuredSerializeOptions): void {
      const isLoad = typeof message === "object" && message !== null && Reflect.get(message, "cmd") === "load";
      const sent = isLoad ? { ...message, urlOrBlob: script } : message;
      if (Array.isArray(options)) super.postMessage(sent, options);
      else super.postMessage(sent, options);
    }
  };
  try {
    return await Promise.race([start(), broken]);
  } finally {
    globalThis.Worker = Before;
  }
}
