// A training step like ours/training-step, which also counts what it asks of WebGPU.

import * as tf from "@tensorflow/tfjs-core";
import { countGpuCalls, type GpuCounts } from "../gpu/gpu-counter.ts";
import { serve } from "../harness/serve.ts";
import { receivedSettings } from "../settings.ts";
import { startTraining } from "./start-training.ts";
import { stepGflop } from "./step-gflop.ts";

const settings = receivedSettings();
const { versions, model, makeStep } = await startTraining(settings);
const counted = tf.getBackend() === "webgpu" ? countGpuCalls() : undefined;

await serve({
  versions: { ...versions, gpu: gpuName() },
  steps: { step: async () => void (await makeStep()) },
  facts: async () => ({ gflop: stepGflop(model, settings), ...(counted && (await countsOfStep(counted))) }),
});

async function countsOfStep(counted: () => GpuCounts): Promise<Record<keyof GpuCounts, number>> {
  const before = counted();
  await makeStep();
  const after = counted();
  const names = Object.keys(after) as (keyof GpuCounts)[];
  return Object.fromEntries(names.map((name) => [name, after[name] - before[name]])) as Record<keyof GpuCounts, number>;
}

/** As WebGPU describes it: "llvmpipe (LLVM 19.1.7)", "nvidia ada-lovelace". */
function gpuName(): string {
  const {
    vendor = "",
    architecture = "",
    description = "",
  } = Object(Object(Reflect.get(tf.backend(), "device")).adapterInfo);
  return description || `${vendor} ${architecture}`;
}
