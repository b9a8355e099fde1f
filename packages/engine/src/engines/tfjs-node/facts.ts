// TensorFlow's C library in Node, with a graphics card or without: two packages, one backend.

import type { BackendFacts } from "../backend-facts.ts";
import type { EngineFacts } from "../engine-facts.ts";

export const tensorflowBackend: BackendFacts = { memory: "process" };

export const tfjsNodeGpuFacts: EngineFacts = {
  backend: "tensorflow",
  triedIn: ["node"],
  install: "npm install @tensorflow/tfjs-node-gpu@4.22.0",
  missing: /* @__PURE__ */ viaScript("--gpu "),
  rebuild: "scripts/setup-tfjs-node.sh --gpu",
};

export const tfjsNodeFacts: EngineFacts = {
  backend: "tensorflow",
  triedIn: ["node"],
  equalsPrevious: true,
  install: "npm install @tensorflow/tfjs-node@4.22.0",
  missing: /* @__PURE__ */ viaScript(""),
  rebuild: "scripts/setup-tfjs-node.sh",
  advantage: "TensorFlow's own library is several times as fast:",
};

function viaScript(option: string): string {
  return `its package is not installed; where npm cannot reach its download, scripts/setup-tfjs-node.sh ${option}in lowrank's repository takes the library from PyPI`;
}
