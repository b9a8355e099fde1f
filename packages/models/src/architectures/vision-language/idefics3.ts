// The wiring of Idefics3 and SmolVLM (transformers' modeling_idefics3.py): a tower of images, squares of its patches as one token
// each, and LLaMA.

import * as tf from "@tensorflow/tfjs-core";
import type { Backbone } from "../../parts/backbone/backbone.ts";
import { withImageTokens } from "../../parts/embedding/image-tokens.ts";
import { pixelShuffle } from "../../parts/images/pixel-shuffle.ts";
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
  const stages = [...images.stages, { parts: connector.parts, run: connect }];
  return withImageTokens(text, { images: { ...images, stages }, config: tower.plan.config });
}
