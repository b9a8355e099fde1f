// Importing tfjs-node brings all of TensorFlow.js, which registers its own gradients over whatever is there. Some of them
// are wrong: maximum, minimum, squaredDifference and matMul where inputs broadcast, cumsum along an axis but the last.

import * as tf from "@tensorflow/tfjs-core";
import { gradientTable } from "../../gradients/register-gradients.ts";

/** Runs something and afterwards registers again each gradient of our table that was in place before. */
export async function keepGradients<T>(run: () => Promise<T>): Promise<T> {
  const before = gradientTable.map(({ kernelName }) => tf.getGradient(kernelName));
  try {
    return await run();
  } finally {
    for (const gradient of before) if (gradient != null) tf.registerGradient(gradient);
  }
}
