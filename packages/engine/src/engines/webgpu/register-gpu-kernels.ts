// This package's own operations on WebGPU, each computed in one dispatch or a few. What is missing here runs as plain
// operations of tfjs-backend-webgpu.

import type { WebGPUBackend } from "@tensorflow/tfjs-backend-webgpu";
import * as tf from "@tensorflow/tfjs-core";
import type { CustomKernel } from "../../kernels/custom-kernel.ts";
import type { FlatKernel } from "../../kernels/flat-kernels.ts";
import { inputOf as inputNamed, wrapKernels } from "../../kernels/wrap-kernels.ts";
import { computeDeferred, deferredFor } from "./deferred.ts";
import { activations } from "./kernels/activations.ts";
import { adaptedLinear, adaptedLinearGradient } from "./kernels/adapted-linear.ts";
import { attention, attentionGradient, groupAttention, groupAttentionGradient } from "./kernels/attention/attention.ts";
import { dropout } from "./kernels/dropout.ts";
import { adamW, joinFlat, splitFlat } from "./kernels/flat-update.ts";
import type { GpuKernel } from "./kernels/gpu-kernel.ts";
import { headLoss } from "./kernels/head-loss.ts";
import { linear } from "./kernels/linear.ts";
import { addLowRank, addLowRankGradient, droppedLowRankGradient } from "./kernels/low-rank.ts";
import { layerNorm, layerNormGradient, rmsNorm, rmsNormGradient } from "./kernels/normalization.ts";
import { packedProduct, packedRows } from "./kernels/packed.ts";
import { rotary, tokenRotary } from "./kernels/rotary.ts";

/** Kernels that look themselves whether an input waits for its dispatch. */
const fusing: ReadonlySet<string> = new Set<CustomKernel>(["LowrankAdaptedLinear", "LowrankAdaptedLinearGradient"]);

const customKernels: Readonly<Partial<Record<CustomKernel | FlatKernel, GpuKernel>>> = {
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
  LowrankTokenRotary: tokenRotary,
  LowrankSplitFlat: splitFlat,
};

/** Calling it twice does nothing more. */
export function registerGpuKernels(): void {
  for (const [kernelName, compute] of Object.entries(customKernels)) {
    if (tf.getKernel(kernelName, "webgpu") != null) continue;
    tf.registerKernel({
      kernelName,
      backendName: "webgpu",
      kernelFunc: ({ inputs, attrs, backend }) => {
        const call = { inputs, attributes: attrs ?? {}, backend: backend as unknown as WebGPUBackend };
        if (!fusing.has(kernelName))
          for (const input of Object.values(inputs)) if (input) computeDeferred(call.backend, input.dataId);
        return compute(call);
      },
    });
  }
  wrapKernels("webgpu", { Add: addedWhereMade });
}

/** A sum of which one term waits for its dispatch is computed by another that gives the sum. */
function addedWhereMade(original: tf.KernelConfig): tf.KernelConfig {
  return {
    ...original,
    kernelFunc: (call) => {
      const [a, b] = [inputNamed(call.inputs, "a"), inputNamed(call.inputs, "b")];
      const isPlain = tf.util.arraysEqual(a.shape, b.shape) && a.dtype === "float32" && b.dtype === "float32";
      return (isPlain && (deferredFor(b)?.plus?.(a) ?? deferredFor(a)?.plus?.(b))) || original.kernelFunc(call);
    },
  };
}
