// The engines: one row each, best first. Nothing here loads TensorFlow.js, so that `--help` can name them at once.

import type { EngineFacts } from "./engine-facts.ts";
import { installCommand } from "./native/library/install-command.ts";

/** The command that installs its package, which the native engine needs, too. */
const installCpu = "npm install @tensorflow/tfjs-backend-cpu@4.22.0";

/** Every engine by its name. WebGL comes after wasm: it stores all numbers in textures, and reading one waits for the GPU. */
const rows = {
  // TensorFlow's C library in Node, with or without a GPU: two packages, one backend.
  "tfjs-node-gpu": {
    backend: "tensorflow",
    triedIn: ["node"],
    install: "npm install @tensorflow/tfjs-node-gpu@4.22.0",
    missing: /* @__PURE__ */ viaScript("--gpu "),
    rebuild: "scripts/setup-tfjs-node.sh --gpu",
  },
  // ONNX Runtime's library in Node, on the memory of tfjs-backend-cpu's tensors.
  native: {
    backend: "native",
    triedIn: ["node"],
    install: installCommand,
    missing: "its two packages are not installed",
    alsoNeeds: { package: "@tensorflow/tfjs-backend-cpu", install: installCpu },
    advantage: "ONNX Runtime's own library is several times as fast:",
  },
  "tfjs-node": {
    backend: "tensorflow",
    triedIn: ["node"],
    equalsPrevious: true,
    install: "npm install @tensorflow/tfjs-node@4.22.0",
    missing: /* @__PURE__ */ viaScript(""),
    rebuild: "scripts/setup-tfjs-node.sh",
    advantage: "TensorFlow's own library is several times as fast:",
  },
  // In pages, and in Node if the user names it.
  webgpu: { backend: "webgpu", triedIn: ["browser"], install: "npm install @tensorflow/tfjs-backend-webgpu@4.22.0" },
  // WebAssembly with XNNPACK: in Node and in pages.
  wasm: {
    backend: "wasm",
    triedIn: ["node", "browser"],
    install: "npm install @tensorflow/tfjs-backend-wasm@4.22.0",
    slowerThan: ["native", "webgpu"],
    advantage: "WebAssembly is about ten times as fast as plain JavaScript and needs only npm:",
  },
  webgl: {
    backend: "webgl",
    triedIn: ["browser"],
    install: "npm install @tensorflow/tfjs-backend-webgl@4.22.0",
    slowerThan: ["webgpu", "wasm"],
  },
  // Plain JavaScript: slow, and it runs wherever JavaScript does.
  cpu: {
    backend: "cpu",
    triedIn: ["node", "browser"],
    install: installCpu,
    slowerThan: ["native", "webgpu", "wasm"],
  },
} satisfies Readonly<Record<string, EngineFacts>>;

function viaScript(option: string): string {
  return `its package is not installed; if npm cannot download it, scripts/setup-tfjs-node.sh ${option}in lowrank's repository gets the library from PyPI`;
}

/** A way to run TensorFlow.js: libraries for Node, graphics interfaces for browsers, and two that run everywhere. */
export type EngineName = keyof typeof rows;

/**
 * Facts about each engine, known before it is loaded.
 *
 * @example
 * ```ts
 * import { engineFacts } from "@lowrank/engine/internal/facts";
 *
 * console.log(engineFacts.native.install); // npm install onnxruntime-node koffi --ignore-scripts
 * ```
 */
export const engineFacts: Readonly<Record<EngineName, EngineFacts>> = rows;

/** The names, best first. */
export const engineNames: readonly EngineName[] = /* @__PURE__ */ Object.keys(rows) as EngineName[];
