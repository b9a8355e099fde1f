// The one command that would make this machine faster.

import type { EngineName } from "@lowrank/engine";

/** A command to type, and why. */
export interface Advice {
  readonly why: string;
  readonly command: string;
}

/** What to install for a better engine than the one that runs; undefined where there is nothing better to have. */
export function adviseEngine(running: EngineName, platform: NodeJS.Platform): Advice | undefined {
  if (running === "cpu") {
    return {
      why: "The wasm engine is some ten times as fast and needs nothing but npm:",
      command: "npm install @tensorflow/tfjs-backend-wasm@4.22.0",
    };
  }
  if (running !== "wasm") return undefined;
  if (platform === "darwin") {
    return {
      why: "WebGPU uses this machine's graphics chip:",
      command: "npm install webgpu @tensorflow/tfjs-backend-webgpu@4.22.0",
    };
  }
  return {
    why: "TensorFlow's own library is several times as fast (with an NVIDIA card and CUDA: tfjs-node-gpu):",
    command: "npm install @tensorflow/tfjs-node@4.22.0",
  };
}
