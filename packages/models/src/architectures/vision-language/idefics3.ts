// The wiring of Idefics3 and SmolVLM (transformers' modeling_idefics3.py): a tower of images, squares of its patches as one token
// each, and LLaMA.

import * as tf from "@tensorflow/tfjs-core";
import type { Backbone } from "../../parts/backbone/backbone.ts";
import { withImageTokens } from "../../parts/embedding/image-tokens.ts";
import type { PartList } from "../../parts/part-list.ts";
import type { Layer } from "../../parts/pass.ts";
import { llama } from "../decoders/like-llama.ts";
import { visionTower } from "../vision/clip.ts";

export function idefics3(model: PartList): Backbone {
  const tower = model.tower("model.vision_model");
  const { imageSize, patchSize } = tower.plan.config;
  const { mergedSide: side } = model.plan.config;
  const images = visionTower(tower);
  const text = llama(model);
  const connector = model.group();
  const projection = connector.linear("model.connector.modality_projection.proj");
  const connect: Layer = (patches, { context }) =>
    tf.tidy(() =>
      projection.forward(pixelShuffle(patches, { rows: Math.floor(imageSize / patchSize), side }), context),
    );
  return withImageTokens(text, {
    ...images,
    stages: [...images.stages, { parts: connector.parts, run: connect }],
  });
}

/** Squares of `side` × `side` patches as one state: [images, patches, width] → [images, squares, side²·width]. */
function pixelShuffle(patches: tf.Tensor, { rows, side }: { readonly rows: number; readonly side: number }): tf.Tensor {
  const [images = 0, count = 0, width = 0] = patches.shape;
  const columns = count / rows / side;
  const across = tf.transpose(tf.reshape(patches, [images, rows, columns, side * width]), [0, 2, 1, 3]);
  const down = tf.reshape(across, [images, columns, rows / side, side ** 2 * width]);
  return tf.reshape(tf.transpose(down, [0, 2, 1, 3]), [images, -1, side ** 2 * width]);
}
