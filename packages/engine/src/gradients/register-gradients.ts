// tfjs-core's build for Node registers no gradients at all; its browser build registers some that are wrong.

import * as tf from "@tensorflow/tfjs-core";
import { arithmeticGradients } from "./arithmetic.ts";
import { convolutionGradients } from "./convolutions.ts";
import { elementwiseGradients } from "./elementwise.ts";
import { layoutGradients } from "./layout.ts";
import { productGradients } from "./products.ts";
import { reductionGradients } from "./reductions.ts";

/** The gradients of this package for its own models; converted graphs also need `graphKernelGradients`. */
export const gradientTable: readonly tf.GradConfig[] = [
  ...arithmeticGradients,
  ...elementwiseGradients,
  ...reductionGradients,
  ...layoutGradients,
  ...productGradients,
  ...convolutionGradients,
];

/**
 * Kernels with wrong gradients in TensorFlow.js (its browser build, tfjs-layers and tfjs-node). The wrong cases are: inputs that
 * broadcast, the border of a padded average, an axis other than the last, batch axes, several equal extrema, a split into one
 * part, and a tile of five or more axes.
 */
const wrongElsewhere: ReadonlySet<string> = new Set([
  ...["AvgPool", "BatchMatMul", "Cumsum", "FloorDiv", "GatherV2", "Max", "Maximum"],
  ...["Min", "Minimum", "SplitV", "SquaredDifference", "Tile"],
]);

/** Registers each gradient whose kernel has none yet, or a wrong one. A second call changes nothing. */
export function registerGradients(table: readonly tf.GradConfig[] = gradientTable): void {
  for (const gradient of table) {
    const present = tf.getGradient(gradient.kernelName);
    const isCorrect = present != null && !wrongElsewhere.has(gradient.kernelName);
    if (!isCorrect && present !== gradient) tf.registerGradient(gradient);
  }
}
