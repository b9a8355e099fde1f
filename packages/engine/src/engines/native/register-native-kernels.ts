// Every kernel of the native backend: tfjs-backend-cpu's kernels, replacements for some, and kernels of own operations.

import * as tf from "@tensorflow/tfjs-core";
import type { CustomKernel, PackedKernel } from "../../kernels/custom-kernel.ts";
import { int8FeedForward, int8FeedForwardGradient } from "./int8/int8-feed-forward.ts";
import { int8Product } from "./int8/int8-product.ts";
import { roundedBlocks } from "./int8/rounded-blocks.ts";
import { registerConvolutions } from "./kernels/convolutions.ts";
import { registerDepthwise } from "./kernels/depthwise.ts";
import { registerElementwise } from "./kernels/elementwise.ts";
import { registerFusedConvolutions } from "./kernels/fused.ts";
import { registerMovement } from "./kernels/movement.ts";
import { type KernelCall, registerCustomKernel } from "./kernels/native-kernel.ts";
import { registerProducts } from "./kernels/products.ts";
import { registerReductions } from "./kernels/reductions.ts";
import { nativeBackendName } from "./native-backend.ts";
import { activationKernels } from "./operations/activations.ts";
import { attendNext } from "./operations/attention/attend-next.ts";
import { attention, attentionGradient } from "./operations/attention/attention.ts";
import { groupAttention, groupAttentionGradient } from "./operations/attention/group-attention.ts";
import { blockProduct } from "./operations/block-product.ts";
import { dropout } from "./operations/dropout.ts";
import { headLoss } from "./operations/head-loss.ts";
import { linear } from "./operations/linear.ts";
import { addLowRank, addLowRankGradient, droppedGradient } from "./operations/low-rank.ts";
import { layerNorm, layerNormGradient, rmsNorm, rmsNormGradient } from "./operations/normalization.ts";
import { rotary } from "./operations/rotary.ts";

/** This package's own operations, whole. */
const customKernels: Readonly<
  Record<
    Exclude<CustomKernel, PackedKernel | `LowrankAdaptedLinear${string}` | "LowrankTokenRotary">,
    (call: KernelCall) => tf.TensorInfo[]
  >
> = {
  ...activationKernels,
  LowrankLayerNorm: layerNorm,
  LowrankLayerNormGradient: layerNormGradient,
  LowrankRmsNorm: rmsNorm,
  LowrankRmsNormGradient: rmsNormGradient,
  LowrankAttention: attention,
  LowrankAttentionGradient: attentionGradient,
  LowrankDropout: dropout,
  LowrankGroupAttention: groupAttention,
  LowrankGroupAttentionGradient: groupAttentionGradient,
  LowrankAttendNext: attendNext,
  LowrankRotary: rotary,
  LowrankLinear: linear,
  LowrankBlockProduct: blockProduct,
  LowrankAddLowRank: addLowRank,
  LowrankAddLowRankGradient: addLowRankGradient,
  LowrankDroppedLowRankGradient: droppedGradient,
  LowrankHeadLoss: headLoss,
  LowrankInt8Product: int8Product,
  LowrankRoundedBlocks: roundedBlocks,
  LowrankInt8FeedForward: int8FeedForward,
  LowrankInt8FeedForwardGradient: int8FeedForwardGradient,
};

export function registerNativeKernels(): void {
  tf.copyRegisteredKernels("cpu", nativeBackendName);
  registerProducts();
  registerElementwise();
  registerReductions();
  registerMovement();
  registerConvolutions();
  registerDepthwise();
  registerFusedConvolutions();
  for (const [kernelName, compute] of Object.entries(customKernels)) registerCustomKernel(kernelName, compute);
}
