// GPT-J's wiring (transformers' modeling_gptj.py): both halves read the same norm; neighbouring features rotate together.

import { activations } from "../../../parts/activations.ts";
import { selfAttention, separateProjections } from "../../../parts/attention/self-attention.ts";
import { feedForward } from "../../../parts/feed-forward.ts";
import type { PartList } from "../../../parts/part-list.ts";
import { type RotaryFrequencies, rotaryOf } from "../../../parts/positions/rotary-frequencies.ts";
import { decoderTrunk } from "../../../parts/trunk/decoder-trunk.ts";
import { transformerBlock } from "../../../parts/trunk/transformer-block.ts";
import type { Stage, Trunk } from "../../../parts/trunk/trunk.ts";

export function gptj(model: PartList): Trunk {
  const rotary = rotaryOf(model.plan.config);
  return decoderTrunk(model, {
    tokens: "wte",
    block: (block, layer) => gptjBlock(block, layer, rotary),
    norm: "ln_f",
  });
}

function gptjBlock(block: PartList, layer: number, rotary: RotaryFrequencies): Stage {
  const { config } = block.plan;
  const norm = block.norm("h.{n}.ln_1");
  const attention = selfAttention({
    layer,
    project: separateProjections(
      block.linear("h.{n}.attn.q_proj"),
      block.linear("h.{n}.attn.k_proj"),
      block.linear("h.{n}.attn.v_proj"),
    ),
    output: block.linear("h.{n}.attn.out_proj"),
    heads: config.heads,
    keyHeads: config.heads,
    rotary,
    rotaryInterleaved: true,
    dropout: config.dropouts.attention,
  });
  const feed = feedForward(
    block.linear("h.{n}.mlp.fc_in"),
    activations[config.activation],
    block.linear("h.{n}.mlp.fc_out"),
  );
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
