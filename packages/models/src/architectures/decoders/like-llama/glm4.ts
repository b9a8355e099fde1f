// GLM-4's wiring (transformers' modeling_glm4.py): norms around each half, a fused feed-forward.

import { activations } from "../../../parts/activations.ts";
import { fusedGatedFeedForward } from "../../../parts/feed-forward.ts";
import type { PartList } from "../../../parts/part-list.ts";
import { type RotaryFrequencies, rotaryOf } from "../../../parts/positions/rotary-frequencies.ts";
import { decoderTrunk } from "../../../parts/trunk/decoder-trunk.ts";
import { transformerBlock } from "../../../parts/trunk/transformer-block.ts";
import type { Stage, Trunk } from "../../../parts/trunk/trunk.ts";
import { llamaAttention } from "./llama.ts";

export function glm4(model: PartList): Trunk {
  const rotary = rotaryOf(model.plan.config);
  return decoderTrunk(model, {
    tokens: "embed_tokens",
    block: (block, layer) => glm4Block(block, layer, rotary),
    norm: "norm",
  });
}

function glm4Block(block: PartList, layer: number, rotary: RotaryFrequencies): Stage {
  const feedForward = fusedGatedFeedForward(
    block.linear("layers.{n}.mlp.gate_up_proj"),
    activations[block.plan.config.activation],
    block.linear("layers.{n}.mlp.down_proj"),
  );
  const run = transformerBlock({
    attention: llamaAttention(block, layer, rotary, { rotaryInterleaved: true }),
    feedForward,
    beforeAttention: block.norm("layers.{n}.input_layernorm"),
    afterAttention: block.norm("layers.{n}.post_self_attn_layernorm"),
    beforeFeedForward: block.norm("layers.{n}.post_attention_layernorm"),
    afterFeedForward: block.norm("layers.{n}.post_mlp_layernorm"),
  });
  return { parts: block.parts, run };
}
