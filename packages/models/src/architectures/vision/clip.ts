// The wiring of CLIP and SigLIP (transformers' modeling_clip.py and modeling_siglip.py): norms before each half of a layer, in an
// encoder of images, one of texts, or both.

import { activations } from "../../parts/activations.ts";
import { selfAttention, separateProjections } from "../../parts/attention/self-attention.ts";
import { tokenEmbedding } from "../../parts/embedding/token-embedding.ts";
import { feedForward } from "../../parts/feed-forward.ts";
import { towerPatches } from "../../parts/images/tower-patches.ts";
import type { PartList } from "../../parts/part-list.ts";
import type { Pass } from "../../parts/pass.ts";
import { encoderDecoder } from "../../parts/trunk/encoder-decoder.ts";
import { normStage } from "../../parts/trunk/stages.ts";
import { transformerBlock } from "../../parts/trunk/transformer-block.ts";
import type { Stage, Trunk } from "../../parts/trunk/trunk.ts";

/** The encoder of texts alone. */
export function textTower(model: PartList): Trunk {
  const { tokens, positionRows, embed, stages } = textStages(model);
  return { tokens, positionRows, embed, stages };
}

/** The encoder of images alone, CLIP's without its last norm: only one state is normalised. */
export function visionTower(model: PartList): Trunk {
  return visionStages(model);
}

/** Both, one after the other: images first, whose states wait for the head; or, for a classifier of images, these alone. */
export function towers(model: PartList): Trunk {
  const images = visionStages(model.tower("vision_model"));
  if (model.plan.task === "image-classification") return images;
  const { tokens, positionRows, embed, stages, isCausal } = textStages(model.tower("text_model"));
  return encoderDecoder({ tokens, encoder: images, decoder: { embed, stages, positionRows, isCausal } });
}

function textStages(model: PartList) {
  const { config } = model.plan;
  const first = model.group();
  const tokens = first.embedding("embeddings.token_embedding");
  const embed = tokenEmbedding({ tokens, positions: first.embedding("embeddings.position_embedding") });
  const blocks = blocksOf(model);
  const last = model.group();
  const norm = last.norm("final_layer_norm");
  return {
    tokens,
    positionRows: config.maxPositions,
    isCausal: config.modelType === "clip_text_model",
    embed: { parts: first.parts, run: embed },
    stages: [...blocks, normStage(last.parts, norm)],
  };
}

function visionStages(model: PartList): Trunk {
  const { patchSize, patchWidth } = model.plan.config;
  const first = model.group();
  const front = first.optionalTensor("embeddings.class_embedding");
  const projection = first.convolution("embeddings.patch_embedding", { strides: [patchSize, patchWidth] });
  const positions = first.embedding("embeddings.position_embedding");
  const patches = towerPatches({ projection, front, positions });
  const norm = first.optionalNorm("pre_layrnorm");
  const embed = (pass: Pass) => (norm === undefined ? patches(pass) : norm.forward(patches(pass), pass.context));
  const blocks = blocksOf(model);
  if (front !== undefined) return { embed: { parts: first.parts, run: embed }, stages: blocks };
  const last = model.group();
  const lastNorm = last.norm("post_layernorm");
  return { embed: { parts: first.parts, run: embed }, stages: [...blocks, normStage(last.parts, lastNorm)] };
}

function blocksOf(model: PartList): readonly Stage[] {
  return Array.from({ length: model.plan.config.layers }, (_, layer) => towerBlock(model.atLayer(layer), layer));
}

function towerBlock(block: PartList, layer: number): Stage {
  const { config } = block.plan;
  const attention = selfAttention({
    layer,
    project: separateProjections(
      block.linear("encoder.layers.{n}.self_attn.q_proj"),
      block.linear("encoder.layers.{n}.self_attn.k_proj"),
      block.linear("encoder.layers.{n}.self_attn.v_proj"),
    ),
    output: block.linear("encoder.layers.{n}.self_attn.out_proj"),
    heads: config.heads,
    keyHeads: config.heads,
    dropout: config.dropouts.attention,
  });
  const run = transformerBlock({
    attention,
    beforeAttention: block.norm("encoder.layers.{n}.layer_norm1"),
    beforeFeedForward: block.norm("encoder.layers.{n}.layer_norm2"),
    feedForward: feedForward(
      block.linear("encoder.layers.{n}.mlp.fc1"),
      activations[config.activation],
      block.linear("encoder.layers.{n}.mlp.fc2"),
    ),
  });
  return { parts: block.parts, run };
}
