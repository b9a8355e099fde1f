// ViT's wiring (transformers' modeling_vit.py): an image is cut into patches, a learnt state stands in front of them,
// norms before each half.

import type { ForwardContext } from "@lowrank/contracts";
import { computeByRows } from "@lowrank/doors";
import * as tf from "@tensorflow/tfjs-core";
import { ModelInputError } from "../../errors.ts";
import { activations } from "../../parts/activations.ts";
import { selfAttention, separateProjections } from "../../parts/attention/self-attention.ts";
import { feedForward } from "../../parts/feed-forward.ts";
import type { PartList } from "../../parts/part-list.ts";
import type { Pass } from "../../parts/pass.ts";
import { normStage } from "../../parts/trunk/stages.ts";
import { transformerBlock } from "../../parts/trunk/transformer-block.ts";
import type { Stage, Trunk } from "../../parts/trunk/trunk.ts";

export function vit(model: PartList): Trunk {
  const { config } = model.plan;
  const first = model.group();
  const embed = patchEmbedding(first);
  const blocks = Array.from({ length: config.layers }, (_, layer) => vitBlock(model.atLayer(layer), layer));
  const last = model.group();
  const norm = last.norm("layernorm");
  return {
    embed: { parts: first.parts, run: embed },
    stages: [...blocks, normStage(last.parts, norm)],
  };
}

/** Returns [batch, 1 + patches, width]. */
function patchEmbedding(first: PartList): (pass: Pass) => tf.Tensor {
  const { hiddenSize, patchSize, patchWidth, dropouts } = first.plan.config;
  const front = first.tensor("embeddings.cls_token"); // [1, 1, width]
  const positions = first.tensor("embeddings.position_embeddings"); // [1, 1 + patches, width]
  const projection = first.convolution("embeddings.patch_embeddings.projection", { strides: [patchSize, patchWidth] });
  const place = (patches: tf.Tensor, context: ForwardContext) =>
    tf.tidy(() => {
      const [batch = 0] = patches.shape;
      const sequence = tf.reshape(patches, [batch, -1, hiddenSize]);
      const fronts = tf.tile(front.value(context), [batch, 1, 1]);
      return tf.add(tf.concat([fronts, sequence], 1), positions.value(context));
    });
  return (pass) =>
    tf.tidy(() => {
      const { context } = pass;
      const { pixelValues } = pass.inputs;
      if (pixelValues === undefined) throw new ModelInputError("pixelValues", "this model reads images");
      const image = tf.transpose(pixelValues, [0, 2, 3, 1]); // [batch, height, width, channels]
      const patches = projection.forward(image, context); // [batch, patchRows, patchColumns, width]
      const placed = computeByRows({ x: patches, context, path: "embeddings", doors: [front, positions] }, place);
      return pass.drop(placed, dropouts.embedding, "embedding");
    });
}

function vitBlock(block: PartList, layer: number): Stage {
  const { config } = block.plan;
  const attention = selfAttention({
    layer,
    project: separateProjections(
      block.linear("layers.{n}.attention.q_proj"),
      block.linear("layers.{n}.attention.k_proj"),
      block.linear("layers.{n}.attention.v_proj"),
    ),
    output: block.linear("layers.{n}.attention.o_proj"),
    heads: config.heads,
    keyHeads: config.heads,
    dropout: config.dropouts.attention,
  });
  const beforeAttention = block.norm("layers.{n}.layernorm_before");
  const beforeFeedForward = block.norm("layers.{n}.layernorm_after");
  const feed = feedForward(
    block.linear("layers.{n}.mlp.fc1"),
    activations[config.activation],
    block.linear("layers.{n}.mlp.fc2"),
  );
  const run = transformerBlock({
    attention,
    feedForward: feed,
    beforeAttention,
    beforeFeedForward,
    dropout: { rate: config.dropouts.residual, path: `layer.${layer}` },
  });
  return { parts: block.parts, run };
}
