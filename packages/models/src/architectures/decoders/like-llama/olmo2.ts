// OLMo 2's wiring (transformers' modeling_olmo2.py): norms of whole queries and keys, and after each half. OLMo 3 has windows
// in some layers.

import { normedProjection, selfAttention, separateProjections } from "../../../parts/attention/self-attention.ts";
import type { PartList } from "../../../parts/part-list.ts";
import { type RotaryFrequencies, rotaryOfLayers } from "../../../parts/positions/rotary-frequencies.ts";
import { decoderTrunk } from "../../../parts/trunk/decoder-trunk.ts";
import { transformerBlock } from "../../../parts/trunk/transformer-block.ts";
import type { Stage, Trunk } from "../../../parts/trunk/trunk.ts";
import { llamaFeedForward } from "./llama.ts";

export function olmo2(model: PartList): Trunk {
  const rotary = rotaryOfLayers(model.plan.config);
  return decoderTrunk(model, {
    tokens: "embed_tokens",
    block: (block, layer) => olmo2Block(block, layer, rotary(layer)),
    norm: "norm",
  });
}

function olmo2Block(block: PartList, layer: number, rotary: RotaryFrequencies): Stage {
  const { config } = block.plan;
  const projections = separateProjections(
    block.linear("layers.{n}.self_attn.q_proj"),
    block.linear("layers.{n}.self_attn.k_proj"),
    block.linear("layers.{n}.self_attn.v_proj"),
  );
  const attention = selfAttention({
    layer,
    output: block.linear("layers.{n}.self_attn.o_proj"),
    project: normedProjection(projections, {
      query: block.norm("layers.{n}.self_attn.q_norm"),
      key: block.norm("layers.{n}.self_attn.k_norm"),
    }),
    heads: config.heads,
    keyHeads: config.keyValueHeads,
    rotary,
    dropout: config.dropouts.attention,
    window: config.windows[layer] ?? null,
  });
  const run = transformerBlock({
    attention,
    feedForward: llamaFeedForward(block),
    afterAttention: block.norm("layers.{n}.post_attention_layernorm"),
    afterFeedForward: block.norm("layers.{n}.post_feedforward_layernorm"),
  });
  return { parts: block.parts, run };
}
