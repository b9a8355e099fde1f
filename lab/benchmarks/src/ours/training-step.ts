// Training steps as a user would make them: model, adapter, `train`.

import { measureMatMul } from "@lowrank/engine/internal";
import * as tf from "@tensorflow/tfjs-core";
import { countGpuCalls, type GpuCounts } from "../gpu/gpu-counter.ts";
import { type Facts, serve } from "../harness/serve.ts";
import { receivedSettings } from "../settings.ts";
import { startTraining } from "./start-training.ts";
import { stepGflop } from "./step-gflop.ts";

const settings = receivedSettings();
const { versions, model, variables, makeStep } = await startTraining(settings);
const gpuCounts = tf.getBackend() === "webgpu" ? countGpuCalls() : undefined;

await serve({
  versions: { ...versions, ...(gpuCounts === undefined ? {} : { gpu: gpuName() }) },
  steps: { step: async () => void (await makeStep()) },
  facts: async () => ({
    trainedParameters: sizeOf(variables),
    // A float32 gradient and AdamW's two moments for each.
    stateBytes: 3 * 4 * sizeOf(variables),
    ...(settings.figures?.includes("tensors") ? { tensorMb: await peakTensorMb() } : {}),
    ...(settings.figures?.includes("products") ? await productSpeed() : {}),
    ...(gpuCounts === undefined ? {} : { gflop: stepGflop(model, settings), ...(await countsOfStep(gpuCounts)) }),
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

async function countsOfStep(counts: () => GpuCounts): Promise<Facts> {
  const before = counts();
  await makeStep();
  return Object.fromEntries(
    Object.entries(counts()).map(([name, count]) => [name, count - before[name as keyof GpuCounts]]),
  );
}

/** As WebGPU describes it: "llvmpipe (LLVM 19.1.7)", "nvidia ada-lovelace". */
function gpuName(): string {
  const { adapterInfo = {} } = Object(Reflect.get(tf.backend(), "device"));
  return adapterInfo.description || `${adapterInfo.vendor} ${adapterInfo.architecture}`;
}
