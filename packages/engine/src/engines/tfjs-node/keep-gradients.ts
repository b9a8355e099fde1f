// Importing tfjs-node loads all of TensorFlow.js, which replaces registered gradients by its own. Some of them are wrong: maximum,
// minimum, squaredDifference and matMul if inputs broadcast, cumsum along an axis other than the last.

import * as tf from "@tensorflow/tfjs-core";
import { gradientTable } from "../../gradients/register-gradients.ts";

/** Runs a function, and then restores the gradients of our table that were registered before. */
export async function keepGradients<T>(run: () => Promise<T>): Promise<T> {
  const before = gradientTable.map(({ kernelName }) => tf.getGradient(kernelName));
  try {
    return await run();
  } finally {
    for (const gradient of before) if (gradient != null) tf.registerGradient(gradient);
  }
}
