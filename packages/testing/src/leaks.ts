// A leak is a tensor that is never disposed of; tfjs counts them for us.

import * as tf from "@tensorflow/tfjs-core";

/**
 * Runs `work` and throws if more (or fewer) tensors are alive afterwards. `work` runs once before, uncounted, unless
 * `warmUp` is false: backends and caches allocate on first use.
 */
export async function expectNoLeak(
  work: () => unknown | Promise<unknown>,
  options: { readonly warmUp?: boolean } = {},
): Promise<void> {
  if (options.warmUp !== false) await work();
  const before = tf.memory();
  await work();
  const after = tf.memory();
  if (after.numTensors === before.numTensors) return;
  throw new Error(
    `${after.numTensors - before.numTensors} tensors are left over (${before.numTensors} before, ${after.numTensors} after; ${after.numBytes - before.numBytes} bytes).`,
  );
}
