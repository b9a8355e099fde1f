// Phi's wiring (transformers' modeling_phi.py): both halves read the same norm of the block's input.

import { activations } from "../../../parts/activations.ts";
import { selfAttention, separateProjections } from "../../../parts/attention/self-attention.ts";
import { feedForward } from "../../../parts/feed-forward.ts";
import type { PartList } from "../../../parts/part-list.ts";
import { type RotaryFrequencies, rotaryOf } from "../../../parts/positions/rotary-frequencies.ts";
import { decoderTrunk } from "../../../parts/trunk/decoder-trunk.ts";
import { transformerBlock } from "../../../parts/trunk/transformer-block.ts";
import type { Stage, Trunk } from "../../../parts/trunk/trunk.ts";

export function phi(model: PartList): Trunk {
  const rotary = rotaryOf(model.plan.config);
  return decoderTrunk(model, {
    tokens: "embed_tokens",
    block: (block, layer) => phiBlock(block, layer, rotary),
    norm: "final_layernorm",
  });
}

function phiBlock(block: PartList, layer: number, rotary: RotaryFrequencies): Stage {
  const { config } = block.plan;
  const attention = selfAttention({
    layer,
    project: separateProjections(
      block.linear("layers.{n}.self_attn.q_proj"),
      block.linear("layers.{n}.self_attn.k_proj"),
      block.linear("layers.{n}.self_attn.v_proj"),
    ),
    output: block.linear("layers.{n}.self_attn.dense"),
    queryNorm: block.optionalNorm("layers.{n}.self_attn.q_layernorm"),
    keyNorm: block.optionalNorm("layers.{n}.self_attn.k_layernorm"),
    heads: config.heads,
    keyHeads: config.keyValueHeads,
    rotary,
    dropout: config.dropouts.attention,
  });
  const feed = feedForward(
    block.linear("layers.{n}.mlp.fc1"),
    activations[config.activation],
    block.linear("layers.{n}.mlp.fc2"),
  );
  const norm = block.norm("layers.{n}.input_layernorm");
  const run = transformerBlock({
    attention,
    feedForward: feed,
    beforeAttention: norm,
    beforeFeedForward: norm,
    residual: "parallel",
    dropout: { rate: config.dropouts.residual, path: `layer.${layer}` },
  });
  return { parts: block.parts, run };
}
