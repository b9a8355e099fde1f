// Falcon's wiring (transformers' modeling_falcon.py): fused projections sorted by key head; the halves side by side, on one
// norm or on two, or one after the other.

import { activations } from "../parts/activations.ts";
import { decoderTrunk } from "../parts/decoder-trunk.ts";
import { feedForward } from "../parts/feed-forward.ts";
import type { Norm } from "../parts/norm.ts";
import type { PartList } from "../parts/part-list.ts";
import { type RotaryFrequencies, rotaryOf } from "../parts/rotary-frequencies.ts";
import { groupedProjection, selfAttention } from "../parts/self-attention.ts";
import { transformerBlock } from "../parts/transformer-block.ts";
import type { Stage, Trunk } from "../parts/trunk.ts";

export function falcon(model: PartList): Trunk {
  const rotary = rotaryOf(model.plan.config);
  return decoderTrunk(model, {
    tokens: "word_embeddings",
    block: (block, layer) => falconBlock(block, layer, rotary),
    norm: "ln_f",
  });
}

function falconBlock(block: PartList, layer: number, rotary: RotaryFrequencies): Stage {
  const { config } = block.plan;
  const attention = selfAttention({
    layer,
    project: groupedProjection(
      block.linear("h.{n}.self_attention.query_key_value"),
      config.keyValueHeads,
      config.headSize,
    ),
    output: block.linear("h.{n}.self_attention.dense"),
    heads: config.heads,
    keyHeads: config.keyValueHeads,
    rotary,
    dropout: config.dropouts.attention,
  });
  const feed = feedForward(
    block.linear("h.{n}.mlp.dense_h_to_4h"),
    activations[config.activation],
    block.linear("h.{n}.mlp.dense_4h_to_h"),
  );
  const run = transformerBlock({
    attention,
    feedForward: feed,
    ...norms(block),
    residual: config.switches.parallelResidual ? "parallel" : "sequential",
    dropout: { rate: config.dropouts.residual, path: `layer.${layer}` },
  });
  return { parts: block.parts, run };
}

function norms(block: PartList): { readonly beforeAttention: Norm; readonly beforeFeedForward: Norm } {
  const own = block.optionalNorm("h.{n}.ln_attn");
  if (own !== undefined) return { beforeAttention: own, beforeFeedForward: block.norm("h.{n}.ln_mlp") };
  const first = block.norm("h.{n}.input_layernorm");
  return {
    beforeAttention: first,
    beforeFeedForward: block.optionalNorm("h.{n}.post_attention_layernorm") ?? first,
  };
}
