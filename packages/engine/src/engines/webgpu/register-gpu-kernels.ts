// This package's own operations on WebGPU, each computed in one dispatch or a few. What is missing here runs as plain
// operations of tfjs-backend-webgpu.

import type { WebGPUBackend } from "@tensorflow/tfjs-backend-webgpu";
import * as tf from "@tensorflow/tfjs-core";
import type { FlatKernel } from "../../kernels/flat-kernels.ts";
import type { OwnKernel } from "../../kernels/own-kernel.ts";
import { adamW, joinFlat, splitFlat } from "./kernels/flat-update.ts";
import type { GpuKernel } from "./kernels/gpu-kernel.ts";
import { layerNorm, layerNormGradient, rmsNorm, rmsNormGradient } from "./kernels/normalisation.ts";

const ownKernels: Readonly<Partial<Record<OwnKernel | FlatKernel, GpuKernel>>> = {
  LowrankAdamW: adamW,
  LowrankJoinFlat: joinFlat,
  LowrankLayerNorm: layerNorm,
  LowrankLayerNormGradient: layerNormGradient,
  LowrankRmsNorm: rmsNorm,
  LowrankRmsNormGradient: rmsNormGradient,
  LowrankSplitFlat: splitFlat,
};

/** Calling it twice does nothing more. */
export function registerGpuKernels(): void {
  for (const [kernelName, compute] of Object.entries(ownKernels)) {
    if (tf.getKernel(kernelName, "webgpu") != null) continue;
    tf.registerKernel({
      kernelName,
      backendName: "webgpu",
      kernelFunc: ({ inputs, attrs, backend }) =>
        compute({ inputs, attributes: attrs ?? {}, backend: backend as unknown as WebGPUBackend }),
    });
  }
}
