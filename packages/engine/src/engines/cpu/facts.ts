// Plain JavaScript: slow, and it runs wherever JavaScript does.

import type { BackendFacts } from "../backend-facts.ts";
import type { EngineFacts } from "../engine-facts.ts";

export const cpuBackend: BackendFacts = {
  memory: "process",
  computesAtOnce: true,
  hasPoorSegmentSum: true,
  hasPoorScatter: true,
};

/** The command that installs its package, which the native engine needs, too. */
export const installCpu = "npm install @tensorflow/tfjs-backend-cpu@4.22.0";

export const cpuFacts: EngineFacts = {
  backend: "cpu",
  triedIn: ["node", "browser"],
  install: installCpu,
  slowerThan: ["native", "webgpu", "wasm"],
};
