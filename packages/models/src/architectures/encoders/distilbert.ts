// DistilBERT's wiring (transformers' modeling_distilbert.py): BERT without segments.

import { activations } from "../../parts/activations.ts";
import { selfAttention, separateProjections } from "../../parts/attention/self-attention.ts";
import { feedForward } from "../../parts/feed-forward.ts";
import type { PartList } from "../../parts/part-list.ts";
import { tokenEmbedding } from "../../parts/token-embedding.ts";
import { transformerBlock } from "../../parts/trunk/transformer-block.ts";
import type { Stage, Trunk } from "../../parts/trunk/trunk.ts";

export function distilbert(model: PartList): Trunk {
  const { config } = model.plan;
  const first = model.group();
  const tokens = first.embedding("embeddings.word_embeddings");
  const embed = tokenEmbedding({
    tokens,
    positions: first.embedding("embeddings.position_embeddings"),
    norm: first.norm("embeddings.LayerNorm"),
    dropout: { rate: config.dropouts.embedding, path: "embedding" },
  });
  const blocks = Array.from({ length: config.layers }, (_, layer) => distilbertBlock(model.atLayer(layer), layer));
  return { tokens, positionRows: config.maxPositions, embed: { parts: first.parts, run: embed }, stages: blocks };
}

function distilbertBlock(block: PartList, layer: number): Stage {
  const { config } = block.plan;
  const attention = selfAttention({
    layer,
    project: separateProjections(
      block.linear("transformer.layer.{n}.attention.q_lin"),
      block.linear("transformer.layer.{n}.attention.k_lin"),
      block.linear("transformer.layer.{n}.attention.v_lin"),
    ),
    output: block.linear("transformer.layer.{n}.attention.out_lin"),
    heads: config.heads,
    keyHeads: config.heads,
    dropout: config.dropouts.attention,
  });
  const afterAttentionSum = block.norm("transformer.layer.{n}.sa_layer_norm");
  const { residual: rate } = config.dropouts;
  const feed = feedForward(
    block.linear("transformer.layer.{n}.ffn.lin1"),
    activations[config.activation],
    block.linear("transformer.layer.{n}.ffn.lin2"),
  );
  const run = transformerBlock({
    attention,
    // Only this half drops out.
    feedForward: (hidden, pass) => pass.drop(feed(hidden, pass), rate, `layer.${layer}/feed-forward-output`),
    afterAttentionSum,
    afterFeedForwardSum: block.norm("transformer.layer.{n}.output_layer_norm"),
  });
  return { parts: block.parts, run };
}
