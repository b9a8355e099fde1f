// The wiring of ViT and DeiT (transformers' modeling_vit.py and modeling_deit.py): an image is cut into patches, learned
// states are put in front of them, a norm comes before each sublayer.

import type { Backbone } from "../../parts/backbone/backbone.ts";
import {
  attentionOf,
  blockStages,
  type DecoderOptions,
  feedForwardOf,
  projectionsBelow,
} from "../../parts/backbone/decoder-backbone.ts";
import { normStage } from "../../parts/backbone/stages.ts";
import type { TransformerBlockOptions } from "../../parts/backbone/transformer-block.ts";
import { type PatchEmbeddingOptions, patchEmbedding } from "../../parts/images/patch-embedding.ts";
import type { PartList } from "../../parts/part-list.ts";
import type { Layer } from "../../parts/pass.ts";

export function vit(model: PartList): Backbone {
  return vitBackbone(model, { block: vitBlock });
}

/** Patches, blocks and a last norm, under the names that ViT's relatives have in common. */
export function vitBackbone(
  model: PartList,
  options: Pick<DecoderOptions, "block"> & Pick<PatchEmbeddingOptions, "resampling">,
): Backbone {
  const { block, ...positions } = options;
  const embedGroup = model.group();
  const distilled = embedGroup.optionalTensor("embeddings.distillation_token");
  const fronts = [embedGroup.tensor("embeddings.cls_token"), ...(distilled === undefined ? [] : [distilled])];
  const { patchSize, patchWidth, dropouts } = model.plan.config;
  // Nothing reads it, but it can be adapted and exported.
  embedGroup.optionalTensor("embeddings.mask_token");
  const embed = patchEmbedding({
    fronts,
    positions: embedGroup.tensor("embeddings.position_embeddings"),
    registers: embedGroup.optionalTensor("embeddings.register_tokens"),
    projection: embedGroup.convolution("embeddings.patch_embeddings.projection", { strides: [patchSize, patchWidth] }),
    dropout: dropouts.embedding,
    ...positions,
  });
  const blocks = blockStages(model, block);
  const lastGroup = model.group();
  const norm = lastGroup.norm("layernorm");
  return {
    embed: { parts: embedGroup.parts, run: embed },
    stages: [...blocks, normStage(lastGroup.parts, norm)],
  };
}

function vitBlock(block: PartList, layer: number): TransformerBlockOptions {
  return {
    attention: vitAttention(block, layer, "layers.{n}"),
    beforeAttention: block.norm("layers.{n}.layernorm_before"),
    beforeFeedForward: block.norm("layers.{n}.layernorm_after"),
    feedForward: vitFeedForward(block, "layers.{n}"),
  };
}

export function vitAttention(block: PartList, layer: number, path: string): Layer {
  const project = projectionsBelow(block, `${path}.attention`);
  return attentionOf(block, layer, { project, output: block.linear(`${path}.attention.o_proj`) });
}

export function vitFeedForward(block: PartList, path: string): Layer {
  return feedForwardOf(block, [`${path}.mlp.fc1`, `${path}.mlp.fc2`]);
}
