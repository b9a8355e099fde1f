// The wiring of Gemma 3 with images (transformers' modeling_gemma3.py): SigLIP's encoder, means over squares of its patches, a norm and
// a matrix, and the text model, in which the tokens of an image see each other.

import { computeByRows } from "@lowrank/engine/hook-points/internal";
import * as tf from "@tensorflow/tfjs-core";
import { probed } from "../../heads/families/tower-heads.ts";
import type { Backbone } from "../../parts/backbone/backbone.ts";
import { withImageTokens } from "../../parts/embedding/image-tokens.ts";
import { pixelShuffle } from "../../parts/images/pixel-shuffle.ts";
import type { PartList } from "../../parts/part-list.ts";
import type { Layer } from "../../parts/pass.ts";
import { gemma2 } from "../decoders/like-llama.ts";
import { visionTower } from "../vision/clip.ts";

export function gemma3(model: PartList): Backbone {
  const tower = model.tower("model.vision_tower");
  const { imageSize, patchSize, normEpsilon } = tower.plan.config;
  const { mergedSide: side, visionSize } = model.plan.config;
  const images = visionTower(tower);
  // Files may have it, and it can be adapted, but nothing reads it.
  if (tower.has("head.probe")) probed(tower);
  const text = gemma2(model);
  const connector = model.group();
  const norm = connector.norm("model.multi_modal_projector.mm_soft_emb_norm", normEpsilon);
  const matrix = connector.tensor("model.multi_modal_projector.mm_input_projection_weight");
  const connect: Layer = (patches, { context }) =>
    tf.tidy(() => {
      const squares = pixelShuffle(patches, { rows: Math.floor(imageSize / patchSize), side });
      const [count = 0, tokens = 0] = squares.shape;
      const means = tf.mean(tf.reshape(squares, [count, tokens, side ** 2, visionSize]), 2);
      const call = { x: norm.forward(means, context), context, path: matrix.path, hookPoints: [matrix] };
      return computeByRows(call, (rows, rowContext) => {
        const weight = matrix.value(rowContext) as tf.Tensor2D;
        const product = tf.matMul(tf.reshape<tf.Rank.R2>(rows, [-1, visionSize]), weight);
        return tf.reshape(product, [rows.shape[0] ?? 0, tokens, -1]);
      });
    });
  const stages = [...images.stages, { parts: connector.parts, run: connect }];
  return {
    ...withImageTokens(text, { images: { ...images, stages }, config: tower.plan.config }),
    seesWhole: "images",
  };
}
