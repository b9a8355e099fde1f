// One forward pass of the base, of the adapted model and of the merged one, all in one process.

import { activeAdapters, type ForwardContext, inferenceContext } from "@lowrank/contracts";
import { mergeAdapter } from "@lowrank/merge";
import type { PretrainedModel } from "@lowrank/models";
import * as tf from "@tensorflow/tfjs-core";
import { serve } from "../harness/serve.ts";
import { receivedSettings } from "../settings.ts";
import { addAdapter, disturbAdapter, loadRandomModel, startEngine } from "./adapted-model.ts";
import { inputsOf, randomBatch } from "./random-batch.ts";

const settings = receivedSettings();
const versions = await startEngine();
const adapted = await loadRandomModel(settings);
const handle = addAdapter(adapted, settings);
disturbAdapter(handle);
const merged = await loadRandomModel(settings);
const mergedHandle = addAdapter(merged, settings);
disturbAdapter(mergedHandle);
await mergeAdapter(merged, mergedHandle);
const batch = randomBatch(settings);

await serve({
  versions,
  steps: {
    base: () => forward(adapted, inferenceContext()),
    adapted: () => forward(adapted, inferenceContext(activeAdapters(handle.name))),
    merged: () => forward(merged, inferenceContext()),
  },
});

/** All logits; one of them is read, because a GPU has only queued the work until then. */
async function forward(model: PretrainedModel, context: ForwardContext): Promise<undefined> {
  const first = tf.tidy(() => tf.slice(model.forward(inputsOf(batch, settings), context), [0, 0, 0], [1, 1, 1]));
  await first.data();
  first.dispose();
}
