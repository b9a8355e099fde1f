// Phi 3's wiring (transformers' modeling_phi3.py): LLaMA's with fused matrices.

import { activations } from "../../../parts/activations.ts";
import { fusedProjection, selfAttention } from "../../../parts/attention/self-attention.ts";
import { fusedGatedFeedForward } from "../../../parts/feed-forward.ts";
import type { PartList } from "../../../parts/part-list.ts";
import { type RotaryFrequencies, rotaryOf } from "../../../parts/positions/rotary-frequencies.ts";
import { decoderTrunk } from "../../../parts/trunk/decoder-trunk.ts";
import { transformerBlock } from "../../../parts/trunk/transformer-block.ts";
import type { Stage, Trunk } from "../../../parts/trunk/trunk.ts";

export function phi3(model: PartList): Trunk {
  const rotary = rotaryOf(model.plan.config);
  return decoderTrunk(model, {
    tokens: "embed_tokens",
    block: (block, layer) => phi3Block(block, layer, rotary),
    norm: "norm",
  });
}

function phi3Block(block: PartList, layer: number, rotary: RotaryFrequencies): Stage {
  const { config } = block.plan;
  const keyWidth = config.keyValueHeads * config.headSize;
  const attention = selfAttention({
    layer,
    project: fusedProjection(block.linear("layers.{n}.self_attn.qkv_proj"), [
      config.heads * config.headSize,
      keyWidth,
      keyWidth,
    ]),
    output: block.linear("layers.{n}.self_attn.o_proj"),
    heads: config.heads,
    keyHeads: config.keyValueHeads,
    rotary,
    dropout: config.dropouts.attention,
    window: config.windows[layer] ?? null,
  });
  const feed = fusedGatedFeedForward(
    block.linear("layers.{n}.mlp.gate_up_proj"),
    activations[config.activation],
    block.linear("layers.{n}.mlp.down_proj"),
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
