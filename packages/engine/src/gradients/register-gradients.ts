// tfjs-core's build for Node registers no gradients at all; its browser build registers some that are wrong.

import * as tf from "@tensorflow/tfjs-core";
import { arithmeticGradients } from "./arithmetic.ts";
import { convolutionGradients } from "./convolutions.ts";
import { elementwiseGradients } from "./elementwise.ts";
import { graphKernelGradients } from "./graph-kernels.ts";
import { layoutGradients } from "./layout.ts";
import { productGradients } from "./products.ts";
import { reductionGradients } from "./reductions.ts";

/** Every gradient that this package brings. */
export const gradientTable: readonly tf.GradConfig[] = [
  ...arithmeticGradients,
  ...elementwiseGradients,
  ...reductionGradients,
  ...layoutGradients,
  ...productGradients,
  ...convolutionGradients,
  ...graphKernelGradients,
];

/** Registers each gradient whose kernel has none yet. Calling it twice does nothing more. */
export function registerGradients(): void {
  for (const gradient of gradientTable) {
    if (tf.getGradient(gradient.kernelName) == null) tf.registerGradient(gradient);
  }
}
