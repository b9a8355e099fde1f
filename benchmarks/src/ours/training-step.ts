// Training steps as a user would make them: model, adapter, `train`.

import { measureMatMul } from "@lowrank/engine";
import * as tf from "@tensorflow/tfjs-core";
import { type Facts, serve } from "../harness/serve.ts";
import { receivedSettings } from "../settings.ts";
import { startTraining } from "./start-training.ts";
import { stepGflop } from "./step-gflop.ts";

const settings = receivedSettings();
const { versions, model, variables, makeStep } = await startTraining(settings);

await serve({
  versions,
  steps: { step: async () => void (await makeStep()) },
  facts: async () => ({
    trainedParameters: sizeOf(variables),
    // A float32 gradient and AdamW's two moments for each.
    stateBytes: 3 * 4 * sizeOf(variables),
    ...(settings.figures?.includes("tensors") ? { tensorMb: await peakTensorMb() } : {}),
    ...(settings.figures?.includes("products") ? await productSpeed() : {}),
  }),
});

function sizeOf(trained: ReadonlyMap<string, tf.Variable>): number {
  return [...trained.values()].reduce((sum, { size }) => sum + size, 0);
}

/** The most that tensors occupied after any kernel of one step, in MB of 2²⁰ bytes, as TensorFlow.js counts. */
async function peakTensorMb(): Promise<number> {
  // Otherwise every result is read and searched for NaN.
  tf.env().set("CHECK_COMPUTATION_FOR_ERRORS", false);
  const { peakBytes } = await tf.profile(async () => {
    await makeStep();
    return [];
  });
  return peakBytes / 2 ** 20;
}

/** The step's matrix products, and what this process reaches on large square ones. */
async function productSpeed(): Promise<Facts> {
  const sizes = settings.tiny ? [32] : [1024, 1024, 1536, 1536, 2048];
  let best = 0;
  for (const size of sizes) best = Math.max(best, (await measureMatMul([size, size, size])).gflops);
  return { stepGflop: stepGflop(model, settings), matMulGflops: best };
}
