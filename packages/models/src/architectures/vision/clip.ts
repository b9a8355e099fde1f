// The wiring of CLIP and SigLIP (transformers' modeling_clip.py and modeling_siglip.py): a norm before each sublayer, in an
// encoder of images, one of texts, or both.

import type { ForwardContext } from "@lowrank/contracts";
import type { ConvolutionSite, EmbeddingSite, ParameterSlot } from "@lowrank/engine/hook-points";
import { computeByRows } from "@lowrank/engine/hook-points/internal";
import * as tf from "@tensorflow/tfjs-core";
import type { Backbone } from "../../parts/backbone/backbone.ts";
import { attentionOf, blockStages, feedForwardOf, projectionsBelow } from "../../parts/backbone/decoder-backbone.ts";
import { encoderDecoder } from "../../parts/backbone/encoder-decoder.ts";
import { normStage } from "../../parts/backbone/stages.ts";
import type { TransformerBlockOptions } from "../../parts/backbone/transformer-block.ts";
import { tokenEmbedding } from "../../parts/embedding/token-embedding.ts";
import { projectPatches } from "../../parts/images/patch-embedding.ts";
import type { PartList } from "../../parts/part-list.ts";
import type { Pass } from "../../parts/pass.ts";

export function textTower(model: PartList): Backbone {
  const { tokens, positionRows, embed, stages } = textStages(model);
  return { tokens, positionRows, embed, stages };
}

/** The encoder of images alone, CLIP's without its last norm: only one state is normalized. */
export function visionTower(model: PartList): Backbone {
  return visionStages(model);
}

/** The image encoder, whose states wait for the head, then the text encoder. A classifier of images has only the former. */
export function towers(model: PartList): Backbone {
  const images = visionStages(model.tower("vision_model"));
  if (model.plan.task === "image-classification") return images;
  const { tokens, positionRows, embed, stages, isCausal } = textStages(model.tower("text_model"));
  return encoderDecoder({ tokens, encoder: images, decoder: { embed, stages, positionRows, isCausal } });
}

function textStages(model: PartList) {
  const { config } = model.plan;
  const embedGroup = model.group();
  const tokens = embedGroup.embedding("embeddings.token_embedding");
  const embed = tokenEmbedding({ tokens, positions: embedGroup.embedding("embeddings.position_embedding") });
  const blocks = blockStages(model, towerBlock);
  const lastGroup = model.group();
  const norm = lastGroup.norm("final_layer_norm");
  return {
    tokens,
    positionRows: config.maxPositions,
    isCausal: config.modelType === "clip_text_model",
    embed: { parts: embedGroup.parts, run: embed },
    stages: [...blocks, normStage(lastGroup.parts, norm)],
  };
}

function visionStages(model: PartList): Backbone {
  const { patchSize, patchWidth } = model.plan.config;
  const embedGroup = model.group();
  const front = embedGroup.optionalTensor("embeddings.class_embedding");
  const projection = embedGroup.convolution("embeddings.patch_embedding", { strides: [patchSize, patchWidth] });
  const positions = embedGroup.embedding("embeddings.position_embedding");
  const patches = towerPatches({ projection, front, positions });
  const norm = embedGroup.optionalNorm("pre_layrnorm");
  const embed = (pass: Pass) => (norm === undefined ? patches(pass) : norm.forward(patches(pass), pass.context));
  const blocks = blockStages(model, towerBlock);
  if (front !== undefined) return { embed: { parts: embedGroup.parts, run: embed }, stages: blocks };
  const lastGroup = model.group();
  const lastNorm = lastGroup.norm("post_layernorm");
  return { embed: { parts: embedGroup.parts, run: embed }, stages: [...blocks, normStage(lastGroup.parts, lastNorm)] };
}

function towerBlock(block: PartList, layer: number): TransformerBlockOptions {
  return {
    attention: attentionOf(block, layer, {
      project: projectionsBelow(block, "encoder.layers.{n}.self_attn"),
      output: block.linear("encoder.layers.{n}.self_attn.out_proj"),
    }),
    beforeAttention: block.norm("encoder.layers.{n}.layer_norm1"),
    beforeFeedForward: block.norm("encoder.layers.{n}.layer_norm2"),
    feedForward: feedForwardOf(block, ["encoder.layers.{n}.mlp.fc1", "encoder.layers.{n}.mlp.fc2"]),
  };
}

// The first states of CLIP's and SigLIP's images: patches (in CLIP after a learned state), with positions from a table.

interface TowerPatchesOptions {
  readonly projection: ConvolutionSite;
  /** [width], in front of the patches. */
  readonly front: ParameterSlot | undefined;
  readonly positions: EmbeddingSite;
}

/** Returns [batch, patches, width], with one more state for `front`. */
function towerPatches({ projection, front, positions }: TowerPatchesOptions): (pass: Pass) => tf.Tensor {
  return (pass) =>
    tf.tidy(() => {
      const { context } = pass;
      const grid = projectPatches(projection, pass); // [batch, rows, columns, width]
      const [batch = 0, , , width = 0] = grid.shape;
      const patches = tf.reshape(grid, [batch, -1, width]);
      const states = front === undefined ? patches : behind(front, patches, context);
      const ids = tf.tile(tf.expandDims(tf.range(0, states.shape[1] ?? 0, 1, "int32"), 0), [batch, 1]);
      return tf.add(states, positions.forward(ids as tf.Tensor2D, context));
    });
}

function behind(front: ParameterSlot, patches: tf.Tensor, context: ForwardContext): tf.Tensor {
  const call = { x: patches, context, path: front.path, hookPoints: [front] };
  return computeByRows(call, (rows, rowContext) => {
    const [batch = 0] = rows.shape;
    return tf.concat([tf.tile(tf.reshape(front.value(rowContext), [1, 1, -1]), [batch, 1, 1]), rows], 1);
  });
}
