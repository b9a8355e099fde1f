// StableLM's wiring (transformers' modeling_stablelm.py): LLaMA's halves, one after the other or both on the first norm.

import type { PartList } from "../../../parts/part-list.ts";
import { type RotaryFrequencies, rotaryOf } from "../../../parts/positions/rotary-frequencies.ts";
import { decoderTrunk } from "../../../parts/trunk/decoder-trunk.ts";
import { transformerBlock } from "../../../parts/trunk/transformer-block.ts";
import type { Stage, Trunk } from "../../../parts/trunk/trunk.ts";
import { llamaAttention, llamaFeedForward } from "./llama.ts";

export function stablelm(model: PartList): Trunk {
  const rotary = rotaryOf(model.plan.config);
  return decoderTrunk(model, {
    tokens: "embed_tokens",
    block: (block, layer) => stablelmBlock(block, layer, rotary),
    norm: "norm",
  });
}

function stablelmBlock(block: PartList, layer: number, rotary: RotaryFrequencies): Stage {
  const attention = llamaAttention(block, layer, rotary);
  const feedForward = llamaFeedForward(block);
  const beforeAttention = block.norm("layers.{n}.input_layernorm");
  const run = transformerBlock({
    attention,
    feedForward,
    beforeAttention,
    beforeFeedForward: block.optionalNorm("layers.{n}.post_attention_layernorm") ?? beforeAttention,
    residual: block.plan.config.switches.parallelResidual ? "parallel" : "sequential",
  });
  return { parts: block.parts, run };
}
