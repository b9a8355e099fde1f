// LLaMA's wiring (transformers' modeling_llama.py): rotating positions, RMS norms before each half, shared key heads,
// a gated feed-forward.

import type { RotaryConfig } from "@lowrank/families";
import { activations } from "../parts/activations.ts";
import { gatedFeedForward } from "../parts/feed-forward.ts";
import type { PartList } from "../parts/part-list.ts";
import { type RotaryFrequencies, rotaryFrequencies } from "../parts/rotary-frequencies.ts";
import { selfAttention, separateProjections } from "../parts/self-attention.ts";
import { tokenEmbedding } from "../parts/token-embedding.ts";
import { transformerBlock } from "../parts/transformer-block.ts";
import type { Stage, Trunk } from "../parts/trunk.ts";

const noStretch: RotaryConfig = { theta: 10_000, scaling: { type: "none" } };

export function llama(model: PartList): Trunk {
  const { config } = model.plan;
  const first = model.group();
  const tokens = first.embedding("embed_tokens");
  const rotary = rotaryFrequencies(config.headSize, config.rotary ?? noStretch);
  const blocks = Array.from({ length: config.layers }, (_, layer) => llamaBlock(model.atLayer(layer), layer, rotary));
  const last = model.group();
  const norm = last.norm("norm");
  return {
    tokens,
    embed: { parts: first.parts, run: tokenEmbedding({ tokens }) },
    stages: [...blocks, { parts: last.parts, run: (hidden, { context }) => norm.forward(hidden, context) }],
  };
}

function llamaBlock(block: PartList, layer: number, rotary: RotaryFrequencies): Stage {
  const { config } = block.plan;
  const attention = selfAttention({
    layer,
    project: separateProjections(
      block.linear("layers.{n}.self_attn.q_proj"),
      block.linear("layers.{n}.self_attn.k_proj"),
      block.linear("layers.{n}.self_attn.v_proj"),
    ),
    output: block.linear("layers.{n}.self_attn.o_proj"),
    heads: config.heads,
    keyHeads: config.keyValueHeads,
    rotary,
    dropout: config.dropouts.attention,
  });
  const feedForward = gatedFeedForward(
    { gate: block.linear("layers.{n}.mlp.gate_proj"), up: block.linear("layers.{n}.mlp.up_proj") },
    activations[config.activation],
    block.linear("layers.{n}.mlp.down_proj"),
  );
  const run = transformerBlock({
    attention,
    feedForward,
    beforeAttention: block.norm("layers.{n}.input_layernorm"),
    beforeFeedForward: block.norm("layers.{n}.post_attention_layernorm"),
  });
  return { parts: block.parts, run };
}
