// EXAONE 4's wiring (transformers' modeling_exaone4.py): LLaMA's halves, each with a norm behind it instead of before.

import type { PartList } from "../../../parts/part-list.ts";
import { type RotaryFrequencies, rotaryOf } from "../../../parts/positions/rotary-frequencies.ts";
import { decoderTrunk } from "../../../parts/trunk/decoder-trunk.ts";
import { transformerBlock } from "../../../parts/trunk/transformer-block.ts";
import type { Stage, Trunk } from "../../../parts/trunk/trunk.ts";
import { llamaAttention, llamaFeedForward } from "./llama.ts";

export function exaone4(model: PartList): Trunk {
  const rotary = rotaryOf(model.plan.config);
  return decoderTrunk(model, {
    tokens: "embed_tokens",
    block: (block, layer) => exaone4Block(block, layer, rotary),
    norm: "norm",
  });
}

function exaone4Block(block: PartList, layer: number, rotary: RotaryFrequencies): Stage {
  const run = transformerBlock({
    attention: llamaAttention(block, layer, rotary),
    feedForward: llamaFeedForward(block),
    afterAttention: block.norm("layers.{n}.post_attention_layernorm"),
    afterFeedForward: block.norm("layers.{n}.post_feedforward_layernorm"),
  });
  return { parts: block.parts, run };
}
