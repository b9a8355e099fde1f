// All that is ours on WebGPU, in a module of its own: most pages find no GPU, and need not fetch the shaders.

import type { WebGPUBackend } from "@tensorflow/tfjs-backend-webgpu";
import { patchGraphicsKernels } from "../graphics/patch-graphics-kernels.ts";
import { computeBeforeReading } from "./deferred.ts";
import { offerPackedWeights } from "./gpu-packed-weights.ts";
import { recycleBuffers } from "./recycle-buffers.ts";
import { registerGpuKernels } from "./register-gpu-kernels.ts";

/** Changes the backend's class, and registers kernels for it. */
export function extendWebgpuBackend(Backend: typeof WebGPUBackend): void {
  offerPackedWeights(Backend);
  recycleBuffers(Backend.prototype);
  computeBeforeReading(Backend.prototype);
  patchGraphicsKernels("webgpu");
  registerGpuKernels();
}
