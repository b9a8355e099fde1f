// The graphics card through WebGPU: in pages, and where somebody asks for it in Node.

import type { BackendFacts } from "../backend-facts.ts";
import type { EngineFacts } from "../engine-facts.ts";

export const webgpuBackend: BackendFacts = { memory: "card" };

export const webgpuFacts: EngineFacts = {
  backend: "webgpu",
  triedIn: ["browser"],
  install: "npm install @tensorflow/tfjs-backend-webgpu@4.22.0",
};
