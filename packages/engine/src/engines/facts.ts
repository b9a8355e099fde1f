// The engines: one row each, best first. Nothing here loads TensorFlow.js, so that `--help` can name them at once.

import { cpuFacts } from "./cpu/facts.ts";
import type { EngineFacts } from "./engine-facts.ts";
import { nativeFacts } from "./native/facts.ts";
import { tfjsNodeFacts, tfjsNodeGpuFacts } from "./tfjs-node/facts.ts";
import { wasmFacts } from "./wasm/facts.ts";
import { webglFacts } from "./webgl/facts.ts";
import { webgpuFacts } from "./webgpu/facts.ts";

/** Every engine by its name. WebGL comes after wasm: it makes every number a texture's, and reading one waits for the card. */
const rows = {
  "tfjs-node-gpu": tfjsNodeGpuFacts,
  native: nativeFacts,
  "tfjs-node": tfjsNodeFacts,
  webgpu: webgpuFacts,
  wasm: wasmFacts,
  webgl: webglFacts,
  cpu: cpuFacts,
} satisfies Readonly<Record<string, EngineFacts>>;

/** A way to run TensorFlow.js: libraries for Node, graphics interfaces for browsers, and two that run everywhere. */
export type EngineName = keyof typeof rows;

/**
 * What is known of each engine before it is loaded.
 *
 * @example
 * ```ts
 * import { engineFacts } from "@lowrank/engine/facts";
 *
 * console.log(engineFacts.native.install); // npm install onnxruntime-node koffi --ignore-scripts
 * ```
 */
export const engineFacts: Readonly<Record<EngineName, EngineFacts>> = rows;

/** The names, best first. */
export const engineNames: readonly EngineName[] = /* @__PURE__ */ Object.keys(rows) as EngineName[];
