// XGLM's wiring (transformers' modeling_xglm.py): tokens and sines of positions, norms before each half.

import { activations } from "../../../parts/activations.ts";
import { selfAttention, separateProjections } from "../../../parts/attention/self-attention.ts";
import { feedForward } from "../../../parts/feed-forward.ts";
import type { PartList } from "../../../parts/part-list.ts";
import { sinusoidsOf } from "../../../parts/positions/sinusoids.ts";
import { decoderTrunk } from "../../../parts/trunk/decoder-trunk.ts";
import { transformerBlock } from "../../../parts/trunk/transformer-block.ts";
import type { Stage, Trunk } from "../../../parts/trunk/trunk.ts";

/** The first position stands at this place of the sines. */
const positionOffset = 2;

export function xglm(model: PartList): Trunk {
  const { hiddenSize, padTokenId } = model.plan.config;
  return decoderTrunk(model, {
    tokens: "embed_tokens",
    embedding: () => ({ computedPositions: sinusoidsOf(hiddenSize, padTokenId, positionOffset) }),
    block: xglmBlock,
    norm: "layer_norm",
  });
}

function xglmBlock(block: PartList, layer: number): Stage {
  const { config } = block.plan;
  const attention = selfAttention({
    layer,
    project: separateProjections(
      block.linear("layers.{n}.self_attn.q_proj"),
      block.linear("layers.{n}.self_attn.k_proj"),
      block.linear("layers.{n}.self_attn.v_proj"),
    ),
    output: block.linear("layers.{n}.self_attn.out_proj"),
    heads: config.heads,
    keyHeads: config.heads,
    dropout: config.dropouts.attention,
  });
  const beforeAttention = block.norm("layers.{n}.self_attn_layer_norm");
  const inner = { rate: config.dropouts.activation, path: `layer.${layer}/feed-forward-inner` };
  const feed = feedForward(
    block.linear("layers.{n}.fc1"),
    activations[config.activation],
    block.linear("layers.{n}.fc2"),
    inner,
  );
  const run = transformerBlock({
    attention,
    feedForward: feed,
    beforeAttention,
    beforeFeedForward: block.norm("layers.{n}.final_layer_norm"),
    dropout: { rate: config.dropouts.residual, path: `layer.${layer}` },
  });
  return { parts: block.parts, run };
}
