// tfjs-core's build for Node registers no gradients at all; its browser build registers some that are wrong.

import * as tf from "@tensorflow/tfjs-core";
import { arithmeticGradients } from "./arithmetic.ts";
import { convolutionGradients } from "./convolutions.ts";
import { elementwiseGradients } from "./elementwise.ts";
import { layoutGradients } from "./layout.ts";
import { productGradients } from "./products.ts";
import { reductionGradients } from "./reductions.ts";

/** Every gradient that this package brings for models of its own; converted graphs need `graphKernelGradients`, too. */
export const gradientTable: readonly tf.GradConfig[] = [
  ...arithmeticGradients,
  ...elementwiseGradients,
  ...reductionGradients,
  ...layoutGradients,
  ...productGradients,
  ...convolutionGradients,
];

/**
 * Kernels whose gradients in TensorFlow.js – its browser build, tfjs-layers and tfjs-node bring them – are wrong: where inputs
 * broadcast, at the edges of a padded average, along an axis but the last, with axes of a batch, of an extremum reached twice,
 * of a split into one, of what is tiled with five axes or more.
 */
const wrongElsewhere: ReadonlySet<string> = new Set([
  ...[
    "AvgPool",
    "BatchMatMul",
    "Cumsum",
    "FloorDiv",
    "GatherV2",
    "Max",
    "Maximum",
    "Min",
    "Minimum",
    "SplitV",
    "SquaredDifference",
    "Tile",
  ],
]);

/** Registers each gradient whose kernel has none yet, or a wrong one. Calling it twice does nothing more. */
export function registerGradients(table: readonly tf.GradConfig[] = gradientTable): void {
  for (const gradient of table) {
    const present = tf.getGradient(gradient.kernelName);
    const isKept = present != null && !wrongElsewhere.has(gradient.kernelName);
    if (!isKept && present !== gradient) tf.registerGradient(gradient);
  }
}
