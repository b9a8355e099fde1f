// Every kernel of the native backend: those of tfjs-backend-cpu, those that replace some of them, and the operations of this
// package that have a kernel of their own.

import * as tf from "@tensorflow/tfjs-core";
import { registerInt8FeedForward } from "./int8/int8-feed-forward.ts";
import { registerInt8Product } from "./int8/int8-product.ts";
import { registerConvolutions } from "./kernels/convolutions.ts";
import { registerDepthwise } from "./kernels/depthwise.ts";
import { registerElementwise } from "./kernels/elementwise.ts";
import { registerFusedConvolutions } from "./kernels/fused.ts";
import { registerMovement } from "./kernels/movement.ts";
import { registerProducts } from "./kernels/products.ts";
import { registerReductions } from "./kernels/reductions.ts";
import { nativeBackendName } from "./native-backend.ts";
import { registerActivations } from "./operations/activations.ts";
import { registerAttendNext } from "./operations/attention/attend-next.ts";
import { registerAttention } from "./operations/attention/attention.ts";
import { registerGroupAttention } from "./operations/attention/group-attention.ts";
import { registerBlockProduct } from "./operations/block-product.ts";
import { registerDropout } from "./operations/dropout.ts";
import { registerHeadLoss } from "./operations/head-loss.ts";
import { registerLinear } from "./operations/linear.ts";
import { registerLowRank } from "./operations/low-rank.ts";
import { registerNormalisation } from "./operations/normalisation.ts";
import { registerRotary } from "./operations/rotary.ts";

export function registerNativeKernels(): void {
  tf.copyRegisteredKernels("cpu", nativeBackendName);
  registerProducts();
  registerElementwise();
  registerReductions();
  registerMovement();
  registerConvolutions();
  registerDepthwise();
  registerFusedConvolutions();
  registerNormalisation();
  registerActivations();
  registerAttention();
  registerDropout();
  registerGroupAttention();
  registerAttendNext();
  registerRotary();
  registerLinear();
  registerBlockProduct();
  registerLowRank();
  registerHeadLoss();
  registerInt8Product();
  registerInt8FeedForward();
}
