// TensorFlow's C library through @tensorflow/tfjs-node or @tensorflow/tfjs-node-gpu.

import * as tf from "@tensorflow/tfjs-core";
import { exportOf, importUnseen, isNode, propertyOf } from "./import-unseen.ts";
import type { StartOutcome } from "./start-outcome.ts";

/** Loads one of the two packages, which registers the backend "tensorflow". Throws if it is absent or broken. */
export async function startTfjsNode(
  packageName: "@tensorflow/tfjs-node" | "@tensorflow/tfjs-node-gpu",
): Promise<StartOutcome> {
  if (!isNode()) throw new Error("it needs Node.js");
  await restoreRemovedUtilities();
  await importUnseen(packageName);
  if (tf.findBackend("tensorflow") === null)
    throw new Error("it registered no backend: it uses another copy of @tensorflow/tfjs-core than this program");
  const isOnGpu = propertyOf(tf.findBackend("tensorflow"), "isUsingGpuDevice") === true;
  if (packageName === "@tensorflow/tfjs-node-gpu" && !isOnGpu)
    return { backend: "tensorflow", note: "TensorFlow found no GPU and computes on the CPU." };
  return { backend: "tensorflow" };
}

/** Node 23 removed functions that tfjs-node 4.22 still calls (tfjs issue 8609). */
async function restoreRemovedUtilities(): Promise<void> {
  const util = exportOf(await importUnseen("node:util"), "default");
  if (typeof util !== "object" || util === null) return;
  const removed = {
    isNullOrUndefined: (value: unknown) => value === null || value === undefined,
    isArray: Array.isArray,
  };
  for (const [name, replacement] of Object.entries(removed)) {
    if (propertyOf(util, name) === undefined) Object.assign(util, { [name]: replacement });
  }
}
