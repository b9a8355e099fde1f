// The wiring of ViT and DeiT (transformers' modeling_vit.py and modeling_deit.py): an image is cut into patches, learnt states
// stand in front of them, norms before each half.

import { activations } from "../../parts/activations.ts";
import { selfAttention, separateProjections } from "../../parts/attention/self-attention.ts";
import { feedForward } from "../../parts/feed-forward.ts";
import { type PatchEmbeddingOptions, patchEmbedding } from "../../parts/images/patch-embedding.ts";
import type { PartList } from "../../parts/part-list.ts";
import type { Layer } from "../../parts/pass.ts";
import { normStage } from "../../parts/trunk/stages.ts";
import { transformerBlock } from "../../parts/trunk/transformer-block.ts";
import type { Stage, Trunk } from "../../parts/trunk/trunk.ts";

export function vit(model: PartList): Trunk {
  return vitTrunk(model, { block: vitBlock });
}

/** Patches, blocks and a last norm, under the names that ViT's relatives have in common. */
export function vitTrunk(
  model: PartList,
  options: { readonly block: (block: PartList, layer: number) => Stage } & Pick<PatchEmbeddingOptions, "resampling">,
): Trunk {
  const { block, ...positions } = options;
  const { config } = model.plan;
  const first = model.group();
  const taught = first.optionalTensor("embeddings.distillation_token");
  const fronts = [first.tensor("embeddings.cls_token"), ...(taught === undefined ? [] : [taught])];
  const { patchSize, patchWidth, dropouts } = config;
  // Nothing reads it, but it can be adapted and exported.
  first.optionalTensor("embeddings.mask_token");
  const embed = patchEmbedding({
    fronts,
    positions: first.tensor("embeddings.position_embeddings"),
    registers: first.optionalTensor("embeddings.register_tokens"),
    projection: first.convolution("embeddings.patch_embeddings.projection", { strides: [patchSize, patchWidth] }),
    dropout: dropouts.embedding,
    ...positions,
  });
  const blocks = Array.from({ length: config.layers }, (_, layer) => block(model.atLayer(layer), layer));
  const last = model.group();
  const norm = last.norm("layernorm");
  return {
    embed: { parts: first.parts, run: embed },
    stages: [...blocks, normStage(last.parts, norm)],
  };
}

function vitBlock(block: PartList, layer: number): Stage {
  const { config } = block.plan;
  const attention = vitAttention(block, layer, "layers.{n}");
  const beforeAttention = block.norm("layers.{n}.layernorm_before");
  const beforeFeedForward = block.norm("layers.{n}.layernorm_after");
  const run = transformerBlock({
    attention,
    feedForward: vitFeedForward(block, "layers.{n}"),
    beforeAttention,
    beforeFeedForward,
    dropout: { rate: config.dropouts.residual, path: `layer.${layer}` },
  });
  return { parts: block.parts, run };
}

export function vitAttention(block: PartList, layer: number, path: string): Layer {
  const { config } = block.plan;
  return selfAttention({
    layer,
    project: separateProjections(
      block.linear(`${path}.attention.q_proj`),
      block.linear(`${path}.attention.k_proj`),
      block.linear(`${path}.attention.v_proj`),
    ),
    output: block.linear(`${path}.attention.o_proj`),
    heads: config.heads,
    keyHeads: config.heads,
    dropout: config.dropouts.attention,
  });
}

export function vitFeedForward(block: PartList, path: string): Layer {
  const { activation } = block.plan.config;
  return feedForward(block.linear(`${path}.mlp.fc1`), activations[activation], block.linear(`${path}.mlp.fc2`));
}
