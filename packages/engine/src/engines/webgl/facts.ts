// The graphics card through WebGL, in pages.

import type { BackendFacts } from "../backend-facts.ts";
import type { EngineFacts } from "../engine-facts.ts";

export const webglBackend: BackendFacts = { memory: "card", hasFloatIndices: true };

export const webglFacts: EngineFacts = {
  backend: "webgl",
  triedIn: ["browser"],
  install: "npm install @tensorflow/tfjs-backend-webgl@4.22.0",
  slowerThan: ["webgpu", "wasm"],
};
