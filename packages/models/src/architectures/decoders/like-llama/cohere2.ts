// Cohere 2's wiring (transformers' modeling_cohere2.py): both halves read the same norm of the block's input.

import type { PartList } from "../../../parts/part-list.ts";
import { type RotaryFrequencies, rotaryOf } from "../../../parts/positions/rotary-frequencies.ts";
import { decoderTrunk } from "../../../parts/trunk/decoder-trunk.ts";
import { transformerBlock } from "../../../parts/trunk/transformer-block.ts";
import type { Stage, Trunk } from "../../../parts/trunk/trunk.ts";
import { llamaAttention, llamaFeedForward } from "./llama.ts";

export function cohere2(model: PartList): Trunk {
  const rotary = rotaryOf(model.plan.config);
  return decoderTrunk(model, {
    tokens: "embed_tokens",
    block: (block, layer) => cohere2Block(block, layer, rotary),
    norm: "norm",
  });
}

function cohere2Block(block: PartList, layer: number, rotary: RotaryFrequencies): Stage {
  const norm = block.norm("layers.{n}.input_layernorm");
  const run = transformerBlock({
    attention: llamaAttention(block, layer, rotary, { rotaryInterleaved: true }),
    feedForward: llamaFeedForward(block),
    beforeAttention: norm,
    beforeFeedForward: norm,
    residual: "parallel",
  });
  return { parts: block.parts, run };
}
