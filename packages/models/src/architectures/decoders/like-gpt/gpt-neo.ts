// GPT-Neo's wiring (transformers' modeling_gpt_neo.py): GPT-2's, with separate projections and scores left unscaled.

import { activations } from "../../../parts/activations.ts";
import { addedMasks, keptScores } from "../../../parts/attention/added-masks.ts";
import { selfAttention, separateProjections } from "../../../parts/attention/self-attention.ts";
import { feedForward } from "../../../parts/feed-forward.ts";
import type { PartList } from "../../../parts/part-list.ts";
import { decoderTrunk } from "../../../parts/trunk/decoder-trunk.ts";
import { transformerBlock } from "../../../parts/trunk/transformer-block.ts";
import type { Stage, Trunk } from "../../../parts/trunk/trunk.ts";

export function gptNeo(model: PartList): Trunk {
  const trunk = decoderTrunk(model, {
    tokens: "wte",
    embedding: (first) => ({ positions: first.embedding("wpe") }),
    block: gptNeoBlock,
    norm: "ln_f",
  });
  return { ...trunk, positionRows: model.plan.config.maxPositions };
}

function gptNeoBlock(block: PartList, layer: number): Stage {
  const { config, task } = block.plan;
  const window = config.windows[layer] ?? null;
  const beforeAttention = block.norm("h.{n}.ln_1");
  const attention = selfAttention({
    layer,
    project: separateProjections(
      block.linear("h.{n}.attn.attention.q_proj"),
      block.linear("h.{n}.attn.attention.k_proj"),
      block.linear("h.{n}.attn.attention.v_proj"),
    ),
    output: block.linear("h.{n}.attn.attention.out_proj"),
    heads: config.heads,
    keyHeads: config.heads,
    dropout: config.dropouts.attention,
    mask: addedMasks(window),
    keptScores: task === "question-answering" ? keptScores(window) : undefined,
    scale: 1,
  });
  const beforeFeedForward = block.norm("h.{n}.ln_2");
  const feed = feedForward(
    block.linear("h.{n}.mlp.c_fc"),
    activations[config.activation],
    block.linear("h.{n}.mlp.c_proj"),
  );
  const run = transformerBlock({
    attention,
    feedForward: feed,
    beforeAttention,
    beforeFeedForward,
    dropout: { rate: config.dropouts.residual, path: `layer.${layer}` },
  });
  return { parts: block.parts, run };
}
