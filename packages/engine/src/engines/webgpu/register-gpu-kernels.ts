// This package's own operations on WebGPU, each computed in one dispatch or a few. What is missing here runs as plain
// operations of tfjs-backend-webgpu.

import type { WebGPUBackend } from "@tensorflow/tfjs-backend-webgpu";
import * as tf from "@tensorflow/tfjs-core";
import type { FlatKernel } from "../../kernels/flat-kernels.ts";
import type { OwnKernel } from "../../kernels/own-kernel.ts";
import { activations } from "./kernels/activations.ts";
import { attention, attentionGradient, groupAttention, groupAttentionGradient } from "./kernels/attention/attention.ts";
import { dropout } from "./kernels/dropout.ts";
import { adamW, joinFlat, splitFlat } from "./kernels/flat-update.ts";
import type { GpuKernel } from "./kernels/gpu-kernel.ts";
import { headLoss } from "./kernels/head-loss.ts";
import { linear } from "./kernels/linear.ts";
import {
  adaptedLinear,
  adaptedLinearGradient,
  addLowRank,
  addLowRankGradient,
  droppedLowRankGradient,
} from "./kernels/low-rank.ts";
import { layerNorm, layerNormGradient, rmsNorm, rmsNormGradient } from "./kernels/normalisation.ts";
import { packedProduct, packedRows } from "./kernels/packed.ts";
import { rotary } from "./kernels/rotary.ts";

const ownKernels: Readonly<Partial<Record<OwnKernel | FlatKernel, GpuKernel>>> = {
  LowrankAttention: attention,
  LowrankAttentionGradient: attentionGradient,
  LowrankGroupAttention: groupAttention,
  LowrankGroupAttentionGradient: groupAttentionGradient,
  ...activations,
  LowrankAdaptedLinear: adaptedLinear,
  LowrankAdaptedLinearGradient: adaptedLinearGradient,
  LowrankAddLowRank: addLowRank,
  LowrankAddLowRankGradient: addLowRankGradient,
  LowrankDropout: dropout,
  LowrankDroppedLowRankGradient: droppedLowRankGradient,
  LowrankHeadLoss: headLoss,
  LowrankAdamW: adamW,
  LowrankJoinFlat: joinFlat,
  LowrankLayerNorm: layerNorm,
  LowrankLayerNormGradient: layerNormGradient,
  LowrankLinear: linear,
  LowrankRmsNorm: rmsNorm,
  LowrankRmsNormGradient: rmsNormGradient,
  LowrankPackedProduct: packedProduct,
  LowrankPackedRows: packedRows,
  LowrankRotary: rotary,
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
