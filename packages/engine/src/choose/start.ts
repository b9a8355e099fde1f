// How each engine is started. The wasm, cpu and webgpu imports are literal so that bundlers find them; the packages that
// only Node can load are not.

import { patchWasmKernels } from "../wasm-kernels/patch-wasm-kernels.ts";
import type { EngineName } from "./engine-name.ts";
import type { StartOutcome } from "./start-outcome.ts";
import { startTfjsNode } from "./start-tfjs-node.ts";
import { startWebgpu } from "./start-webgpu.ts";

/** What starting depends on. */
export interface StartOptions {
  /** True if the user asked for this engine by name, and so gets it even where another would be faster. */
  readonly isAskedFor: boolean;
  /** Folder (with a final slash) of the .wasm files; needed where they are not beside the backend's own file. */
  readonly wasmPath?: string;
}

/** Loads an engine's package and registers its backend. Throws if that cannot be done, saying why. */
export const starters: Readonly<Record<EngineName, (options: StartOptions) => Promise<StartOutcome>>> = {
  "tfjs-node-gpu": () => startTfjsNode("@tensorflow/tfjs-node-gpu"),
  "tfjs-node": () => startTfjsNode("@tensorflow/tfjs-node"),
  webgpu: ({ isAskedFor }) => startWebgpu(isAskedFor),
  wasm: startWasm,
  cpu: async () => {
    await import("@tensorflow/tfjs-backend-cpu");
    return { backend: "cpu" };
  },
};

async function startWasm({ wasmPath }: StartOptions): Promise<StartOutcome> {
  const { setWasmPaths, version_wasm: version } = await import("@tensorflow/tfjs-backend-wasm");
  if (wasmPath !== undefined) setWasmPaths(wasmPath);
  const note = patchWasmKernels(version);
  return note === undefined ? { backend: "wasm" } : { backend: "wasm", note };
}
