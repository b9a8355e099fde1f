// StarCoder 2's wiring (transformers' modeling_starcoder2.py): LLaMA's attention, layer norms, a plain feed-forward.

import { activations } from "../../../parts/activations.ts";
import { feedForward } from "../../../parts/feed-forward.ts";
import type { PartList } from "../../../parts/part-list.ts";
import { type RotaryFrequencies, rotaryOf } from "../../../parts/positions/rotary-frequencies.ts";
import { decoderTrunk } from "../../../parts/trunk/decoder-trunk.ts";
import { transformerBlock } from "../../../parts/trunk/transformer-block.ts";
import type { Stage, Trunk } from "../../../parts/trunk/trunk.ts";
import { llamaAttention } from "./llama.ts";

export function starcoder2(model: PartList): Trunk {
  const rotary = rotaryOf(model.plan.config);
  return decoderTrunk(model, {
    tokens: "embed_tokens",
    block: (block, layer) => starcoder2Block(block, layer, rotary),
    norm: "norm",
  });
}

function starcoder2Block(block: PartList, layer: number, rotary: RotaryFrequencies): Stage {
  const { config } = block.plan;
  const attention = llamaAttention(block, layer, rotary);
  const feed = feedForward(
    block.linear("layers.{n}.mlp.c_fc"),
    activations[config.activation],
    block.linear("layers.{n}.mlp.c_proj"),
  );
  const run = transformerBlock({
    attention,
    feedForward: feed,
    beforeAttention: block.norm("layers.{n}.input_layernorm"),
    beforeFeedForward: block.norm("layers.{n}.post_attention_layernorm"),
    dropout: { rate: config.dropouts.residual, path: `layer.${layer}` },
  });
  return { parts: block.parts, run };
}
