// WebAssembly with XNNPACK: in Node and in pages.

import type { BackendFacts } from "../backend-facts.ts";
import type { EngineFacts } from "../engine-facts.ts";

export const wasmBackend: BackendFacts = {
  memory: "process",
  computesAtOnce: true,
  copiesArrays: true,
  needsPlainProducts: true,
};

export const wasmFacts: EngineFacts = {
  backend: "wasm",
  triedIn: ["node", "browser"],
  install: "npm install @tensorflow/tfjs-backend-wasm@4.22.0",
  slowerThan: ["native", "webgpu"],
  advantage: "WebAssembly is some ten times as fast as plain JavaScript and needs nothing but npm:",
};
