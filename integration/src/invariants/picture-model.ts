// A model of what the language models lack: convolutions of each kind, and experts whose weights no layer owns.

import { type AdaptableModel, type ForwardContext, inferenceContext, type Site } from "@lowrank/contracts";
import type { ParameterRef } from "@lowrank/contracts/internal";
import { ConvolutionSite, OverridableParameter } from "@lowrank/engine/hook-points";
import type { ConvolutionSiteOptions } from "@lowrank/engine/hook-points/internal";
import { uniform } from "@lowrank/engine/internal";
import * as tf from "@tensorflow/tfjs-core";

const plain = { strides: [1, 1], padding: [1, 1], dilations: [1, 1], groups: 1 } as const;

/** A stride, groups with a dilation, and a Conv1d. */
const layers: readonly ConvolutionSiteOptions[] = [
  {
    path: "features.first",
    inFeatures: 2,
    outFeatures: 4,
    bias: true,
    geometry: { ...plain, kernel: [3, 3], strides: [2, 2] },
  },
  {
    path: "features.grouped",
    inFeatures: 4,
    outFeatures: 6,
    bias: true,
    geometry: { ...plain, kernel: [2, 2], dilations: [2, 1], groups: 2 },
  },
  {
    path: "features.along",
    inFeatures: 6,
    outFeatures: 4,
    bias: false,
    geometry: { ...plain, kernel: [1, 3], padding: [0, 1], axesInFile: 1 },
  },
];

/** Three convolutions, then the sum of two experts: pictures [batch, height, width, 2] → scores [batch, 3]. */
export class PictureModel implements AdaptableModel {
  readonly #layers = layers.map((options) => new ConvolutionSite(options));
  /** [experts, outFeatures, inFeatures] */
  readonly #experts = new OverridableParameter({ path: "experts.weight", tensor: drawn("experts.weight", [2, 3, 4]) });

  constructor() {
    for (const { slots } of this.#layers) for (const slot of slots) slot.fill(drawn(slot.path, slot.shape));
  }

  sites(): readonly Site[] {
    return this.#layers;
  }

  parameters(): readonly ParameterRef[] {
    return [...this.#layers.flatMap((layer) => layer.parameters()), this.#experts];
  }

  forward(pictures: tf.Tensor4D, context: ForwardContext = inferenceContext()): tf.Tensor2D {
    return tf.tidy(() => {
      const [first, grouped, along] = this.#layers;
      const lines = tf.tanh(grouped!.forward(tf.tanh(first!.forward(pictures, context)), context));
      const [batch = 0, height = 0, width = 0, channels = 0] = lines.shape;
      const time = along!.forward(tf.reshape(lines, [batch, height * width, channels]), context);
      const hidden = tf.mean<tf.Tensor2D>(time, 1); // [batch, 4]
      const scores = tf.unstack(this.#experts.value(context)).map((expert) => {
        return tf.tanh(tf.matMul<tf.Tensor2D>(hidden, expert as tf.Tensor2D, false, true)); // [batch, 3]
      });
      return tf.sum<tf.Tensor2D>(tf.stack(scores), 0);
    });
  }

  dispose(): void {
    for (const layer of this.#layers) layer.dispose();
    this.#experts.dispose();
  }
}

function drawn(path: string, shape: readonly number[]): tf.Tensor {
  return tf.tidy(() => tf.reshape(uniform([...shape], -0.5, 0.5, { seed: 8, path }), [...shape]));
}
