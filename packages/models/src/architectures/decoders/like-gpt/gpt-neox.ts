// GPT-NeoX's wiring (transformers' modeling_gpt_neox.py): fused projections sorted by head, part of each head rotates,
// the two halves side by side or one after the other.

import { activations } from "../../../parts/activations.ts";
import { groupedProjection, selfAttention } from "../../../parts/attention/self-attention.ts";
import { feedForward } from "../../../parts/feed-forward.ts";
import type { PartList } from "../../../parts/part-list.ts";
import { type RotaryFrequencies, rotaryOf } from "../../../parts/positions/rotary-frequencies.ts";
import { decoderTrunk } from "../../../parts/trunk/decoder-trunk.ts";
import { transformerBlock } from "../../../parts/trunk/transformer-block.ts";
import type { Stage, Trunk } from "../../../parts/trunk/trunk.ts";

export function gptNeox(model: PartList): Trunk {
  const rotary = rotaryOf(model.plan.config);
  return decoderTrunk(model, {
    tokens: "embed_in",
    block: (block, layer) => gptNeoxBlock(block, layer, rotary),
    norm: "final_layer_norm",
  });
}

function gptNeoxBlock(block: PartList, layer: number, rotary: RotaryFrequencies): Stage {
  const { config } = block.plan;
  const beforeAttention = block.norm("layers.{n}.input_layernorm");
  const beforeFeedForward = block.norm("layers.{n}.post_attention_layernorm");
  const attention = selfAttention({
    layer,
    project: groupedProjection(block.linear("layers.{n}.attention.query_key_value"), config.heads, config.headSize),
    output: block.linear("layers.{n}.attention.dense"),
    heads: config.heads,
    keyHeads: config.heads,
    rotary,
    dropout: config.dropouts.attention,
  });
  const feed = feedForward(
    block.linear("layers.{n}.mlp.dense_h_to_4h"),
    activations[config.activation],
    block.linear("layers.{n}.mlp.dense_4h_to_h"),
  );
  const run = transformerBlock({
    attention,
    feedForward: feed,
    beforeAttention,
    beforeFeedForward,
    residual: config.switches.parallelResidual ? "parallel" : "sequential",
    dropout: { rate: config.dropouts.residual, path: `layer.${layer}` },
  });
  return { parts: block.parts, run };
}
