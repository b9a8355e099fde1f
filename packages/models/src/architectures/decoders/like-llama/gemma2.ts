// Gemma 2's wiring (transformers' modeling_gemma2.py): LLaMA's two halves, each with a norm before and after. Gemma 3 adds
// that layers with a window rotate at another speed.

import type { PartList } from "../../../parts/part-list.ts";
import { type RotaryFrequencies, rotaryOfLayers } from "../../../parts/positions/rotary-frequencies.ts";
import { decoderTrunk } from "../../../parts/trunk/decoder-trunk.ts";
import { transformerBlock } from "../../../parts/trunk/transformer-block.ts";
import type { Stage, Trunk } from "../../../parts/trunk/trunk.ts";
import { llamaAttention, llamaFeedForward } from "./llama.ts";

export function gemma2(model: PartList): Trunk {
  const rotary = rotaryOfLayers(model.plan.config);
  return decoderTrunk(model, {
    tokens: "embed_tokens",
    block: (block, layer) => gemma2Block(block, layer, rotary(layer)),
    norm: "norm",
  });
}

function gemma2Block(block: PartList, layer: number, rotary: RotaryFrequencies): Stage {
  const run = transformerBlock({
    attention: llamaAttention(block, layer, rotary),
    feedForward: llamaFeedForward(block),
    beforeAttention: block.norm("layers.{n}.input_layernorm"),
    afterAttention: block.norm("layers.{n}.post_attention_layernorm"),
    beforeFeedForward: block.norm("layers.{n}.pre_feedforward_layernorm"),
    afterFeedForward: block.norm("layers.{n}.post_feedforward_layernorm"),
  });
  return { parts: block.parts, run };
}
