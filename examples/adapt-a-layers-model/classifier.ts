// The classifier, as a model of tf.layers, and how it is trained and asked.

import { shuffled } from "@lowrank/data";
import * as tf from "@tensorflow/tfjs-core";
import { layers, type Sequential, sequential } from "@tensorflow/tfjs-layers";
import { type Digits, side } from "./digits.ts";

/** Untrained, its numbers drawn by the seed. */
export function classifier(seed: number): Sequential {
  const drawn = (layer: number) => ({
    kernelInitializer: { className: "GlorotUniform", config: { seed: 10 * seed + layer } } as never,
  });
  const settings = { kernelSize: 3, padding: "same", activation: "relu" } as const;
  return sequential({
    layers: [
      layers.conv2d({ ...settings, ...drawn(1), filters: 32, inputShape: [side, side, 1], name: "strokes" }),
      layers.conv2d({ ...settings, ...drawn(2), filters: 64, strides: 2, name: "curves" }),
      layers.conv2d({ ...settings, ...drawn(3), filters: 128, strides: 2, name: "shapes" }),
      layers.flatten(),
      layers.dense({ ...drawn(4), units: 128, activation: "relu", name: "parts" }),
      layers.dense({ ...drawn(5), units: 10, activation: "softmax", name: "digit" }),
    ],
  });
}

/** How a classifier is trained. */
export interface Lesson {
  readonly epochs: number;
  /** The learning rate at the start; it falls to nothing along half a wave. */
  readonly rate: number;
  /** Decides the order of the digits. */
  readonly seed: number;
}

/** Compiles and fits what is trainable. @returns seconds an epoch */
export async function fit(model: Sequential, { images, labels }: Digits, lesson: Lesson): Promise<number> {
  const { epochs, rate, seed } = lesson;
  const optimizer = tf.train.adam(rate);
  model.compile({ optimizer, loss: "categoricalCrossentropy", metrics: ["accuracy"] });
  const start = performance.now();
  for (let epoch = 0; epoch < epochs; epoch += 1) {
    Object.assign(optimizer, { learningRate: (rate / 2) * (1 + Math.cos((Math.PI * epoch) / epochs)) });
    const order = tf.tensor1d([...shuffled(labels.shape[0], 1000 * seed + epoch)], "int32");
    const [x, y] = [tf.gather(images, order), tf.gather(labels, order)];
    // One epoch a call, in our own order, because the order of fit is not reproducible.
    await model.fit(x, y, { epochs: 1, batchSize: 32, shuffle: false, verbose: 0 });
    tf.dispose([order, x, y]);
  }
  optimizer.dispose();
  return (performance.now() - start) / 1000 / epochs;
}

/** Per cent. */
export function accuracy(model: Sequential, { images, labels }: Digits): number {
  const [loss, share] = model.evaluate(images, labels, { batchSize: 50 }) as tf.Scalar[];
  const percent = 100 * (share?.dataSync()[0] ?? 0);
  tf.dispose([loss!, share!]);
  return percent;
}
