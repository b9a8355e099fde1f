// How each engine is started. The wasm, cpu, webgl and webgpu imports are literal so that bundlers find them; the
// packages that only Node can load are not.

import { EngineUnavailableError } from "./engine-unavailable-error.ts";
import type { EngineName } from "./facts.ts";
import { isNode } from "./import-unbundled.ts";
import type { StartOptions, StartOutcome } from "./start-options.ts";
import { startWasm } from "./wasm/start-wasm.ts";
import { startWebgl } from "./webgl/start-webgl.ts";

/** Loads an engine's package and registers its backend. Throws an error with the reason if that fails. */
export const starters: Readonly<Record<EngineName, (options: StartOptions) => Promise<StartOutcome>>> = {
  "tfjs-node-gpu": (options) => startTfjsNode("tfjs-node-gpu", options),
  native: async ({ threads, onnxRuntimeFile: library }) => {
    const { startNative } = await import("./native/start-native.ts");
    return startNative({
      ...(threads === undefined ? {} : { threads }),
      ...(library === undefined ? {} : { library }),
    });
  },
  "tfjs-node": (options) => startTfjsNode("tfjs-node", options),
  webgpu: async ({ isPreferred }) => {
    const { startWebgpu } = await import("./webgpu/start-webgpu.ts");
    return startWebgpu(isPreferred);
  },
  wasm: startWasm,
  webgl: ({ isPreferred }) => startWebgl(isPreferred),
  cpu: startCpu,
};

/** Loaded separately, so that a page does not fetch code for Node. */
async function startTfjsNode(name: "tfjs-node" | "tfjs-node-gpu", options: StartOptions): Promise<StartOutcome> {
  if (!isNode()) throw new EngineUnavailableError("it needs Node.js");
  const start = await import("./tfjs-node/start-tfjs-node.ts");
  return start.startTfjsNode(name, options);
}

/** Plain JavaScript. */
async function startCpu(): Promise<StartOutcome> {
  await import("@tensorflow/tfjs-backend-cpu");
  return { backend: "cpu" };
}
