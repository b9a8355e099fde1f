// GPT-2's wiring (transformers' modeling_gpt2.py): learned positions, norms before each half, fused projections. GPT-BigCode's
// queries share one key head, or its projection is sorted by head.

import { activations } from "../../../parts/activations.ts";
import type { Projection } from "../../../parts/attention/attention-options.ts";
import { fusedProjection, groupedProjection, selfAttention } from "../../../parts/attention/self-attention.ts";
import { tokenEmbedding } from "../../../parts/embedding/token-embedding.ts";
import { feedForward } from "../../../parts/feed-forward.ts";
import type { PartList } from "../../../parts/part-list.ts";
import { normStage } from "../../../parts/trunk/stages.ts";
import { transformerBlock } from "../../../parts/trunk/transformer-block.ts";
import type { Stage, Trunk } from "../../../parts/trunk/trunk.ts";

export function gpt2(model: PartList): Trunk {
  const { config } = model.plan;
  const first = model.group();
  const tokens = first.embedding("wte");
  const embed = tokenEmbedding({
    tokens,
    positions: first.embedding("wpe"),
    dropout: { rate: config.dropouts.embedding, path: "embedding" },
  });
  const blocks = Array.from({ length: config.layers }, (_, layer) => gpt2Block(model.atLayer(layer), layer));
  const last = model.group();
  const norm = last.norm("ln_f");
  return {
    tokens,
    positionRows: config.maxPositions,
    embed: { parts: first.parts, run: embed },
    stages: [...blocks, normStage(last.parts, norm)],
  };
}

function gpt2Block(block: PartList, layer: number): Stage {
  const { config } = block.plan;
  const { scaledScores, scaledByLayer } = config.switches;
  const beforeAttention = block.norm("h.{n}.ln_1");
  const attention = selfAttention({
    layer,
    project: gpt2Projection(block),
    output: block.linear("h.{n}.attn.c_proj"),
    heads: config.heads,
    keyHeads: config.keyValueHeads,
    dropout: config.dropouts.attention,
    scale: (scaledScores ? 1 / Math.sqrt(config.headSize) : 1) / (scaledByLayer ? layer + 1 : 1),
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

function gpt2Projection(block: PartList): Projection {
  const { modelType, hiddenSize, headSize, heads, keyValueHeads } = block.plan.config;
  const site = block.linear("h.{n}.attn.c_attn");
  const keyWidth = keyValueHeads * headSize;
  if (modelType === "gpt_bigcode" && keyValueHeads === heads) return groupedProjection(site, heads, headSize);
  return fusedProjection(site, [hiddenSize, keyWidth, keyWidth]);
}
