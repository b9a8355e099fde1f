// BLOOM's wiring (transformers' modeling_bloom.py): a norm after the embedding, fused projections sorted by head, and
// scores that rise with the key's position.

import { activations } from "../../../parts/activations.ts";
import { groupedProjection, selfAttention } from "../../../parts/attention/self-attention.ts";
import { feedForward } from "../../../parts/feed-forward.ts";
import type { PartList } from "../../../parts/part-list.ts";
import { type Alibi, alibi } from "../../../parts/positions/alibi.ts";
import { decoderTrunk } from "../../../parts/trunk/decoder-trunk.ts";
import { transformerBlock } from "../../../parts/trunk/transformer-block.ts";
import type { Stage, Trunk } from "../../../parts/trunk/trunk.ts";

export function bloom(model: PartList): Trunk {
  const slopes = alibi(model.plan.config.heads);
  return decoderTrunk(model, {
    tokens: "word_embeddings",
    embedding: (first) => ({ norm: first.norm("word_embeddings_layernorm") }),
    block: (block, layer) => bloomBlock(block, layer, slopes),
    norm: "ln_f",
  });
}

function bloomBlock(block: PartList, layer: number, slopes: Alibi): Stage {
  const { config } = block.plan;
  const beforeAttention = block.norm("h.{n}.input_layernorm");
  const attention = selfAttention({
    layer,
    project: groupedProjection(block.linear("h.{n}.self_attention.query_key_value"), config.heads, config.headSize),
    output: block.linear("h.{n}.self_attention.dense"),
    heads: config.heads,
    keyHeads: config.heads,
    alibi: slopes,
    dropout: config.dropouts.attention,
  });
  const beforeFeedForward = block.norm("h.{n}.post_attention_layernorm");
  const feed = feedForward(
    block.linear("h.{n}.mlp.dense_h_to_4h"),
    activations[config.activation],
    block.linear("h.{n}.mlp.dense_4h_to_h"),
  );
  const run = transformerBlock({
    attention,
    feedForward: feed,
    beforeAttention,
    beforeFeedForward,
    residual: config.switches.residualAfterNorm ? "after-norm" : "sequential",
    dropout: { rate: config.dropouts.residual, path: `layer.${layer}` },
  });
  return { parts: block.parts, run };
}
