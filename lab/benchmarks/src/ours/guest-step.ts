// Steps of `model.fit` on a tf.LayersModel, which is what somebody has who comes from TensorFlow.js.

import { chooseEngine, registerGradients } from "@lowrank/engine";
import { enableLora } from "@lowrank/hosts/layers";
import * as tf from "@tensorflow/tfjs-core";
import type { LayersModel } from "@tensorflow/tfjs-layers";
import { serve } from "../harness/serve.ts";
import { receivedSettings, shapeOf } from "../settings.ts";
import { type MobileNetShape, mobileNet } from "./mobile-net.ts";

const settings = receivedSettings();
const engine = await chooseEngine({ threads: settings.threads });
registerGradients();
// shapes.json has this shape for this program alone.
const shape = shapeOf(settings).config as unknown as MobileNetShape;
const model = mobileNet(shape);
const trainedParameters = prepare(model);
model.compile({ optimizer: tf.train.adam(1e-3), loss: "categoricalCrossentropy" });
const images = tf.randomNormal([settings.batch, shape.pixels, shape.pixels, 3], 0, 1, "float32", 1);
const labels = tf.oneHot(tf.range(0, settings.batch, 1, "int32"), shape.classes);

await serve({
  versions: { tfjs: tf.version_core, engine: engine.name },
  steps: { step },
  facts: async () => ({ trainedParameters, tensorMb: await peakTensorMb() }),
});

async function step(): Promise<undefined> {
  await model.trainOnBatch(images, labels);
  return undefined;
}

/** Selects what trains; returns how many numbers that are. */
function prepare(net: LayersModel): number {
  if (settings.trains === "everything") return sizeOf(net.trainableWeights.map((weight) => weight.read()));
  if (settings.trains === "last-layer") {
    for (const layer of net.layers) layer.trainable = layer.name === "scores";
    return sizeOf(net.trainableWeights.map((weight) => weight.read()));
  }
  const handle = enableLora(net, settings.trains === "one-layer" ? { rank: 8, layers: ["scores"] } : { rank: 8 });
  return sizeOf([...handle.variables.values()]);
}

function sizeOf(tensors: readonly tf.Tensor[]): number {
  return tensors.reduce((sum, { size }) => sum + size, 0);
}

/** The most that tensors occupied after any kernel of one step, in MB of 2²⁰ bytes, as TensorFlow.js counts. */
async function peakTensorMb(): Promise<number> {
  tf.env().set("CHECK_COMPUTATION_FOR_ERRORS", false);
  const { peakBytes } = await tf.profile(async () => {
    await step();
    return [];
  });
  return peakBytes / 2 ** 20;
}
