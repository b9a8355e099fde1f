// OPT's wiring (transformers' modeling_opt.py): learned positions counted by the mask, norms before or after each half,
// and projections where embeddings are narrower than layers.

import { activations } from "../../../parts/activations.ts";
import { selfAttention, separateProjections } from "../../../parts/attention/self-attention.ts";
import { tokenEmbedding } from "../../../parts/embedding/token-embedding.ts";
import { feedForward } from "../../../parts/feed-forward.ts";
import { type NormLayer, plainNorm } from "../../../parts/norm.ts";
import type { PartList } from "../../../parts/part-list.ts";
import { transformerBlock } from "../../../parts/trunk/transformer-block.ts";
import type { Stage, Trunk } from "../../../parts/trunk/trunk.ts";

/** Rows of the position table that no position uses. */
const positionOffset = 2;

export function opt(model: PartList): Trunk {
  const { config } = model.plan;
  const first = model.group();
  const tokens = first.embedding("decoder.embed_tokens");
  const embed = tokenEmbedding({
    tokens,
    positions: first.embedding("decoder.embed_positions"),
    positionOffset,
    project: first.optionalLinear("decoder.project_in"),
  });
  const blocks = Array.from({ length: config.layers }, (_, layer) => optBlock(model.atLayer(layer), layer));
  return {
    tokens,
    positionRows: config.maxPositions,
    positionsFrom: "mask",
    embed: { parts: first.parts, run: embed },
    stages: [...blocks, lastStage(model.group())],
  };
}

function lastStage(last: PartList): Stage {
  const { switches } = last.plan.config;
  const isNormed = switches.normBefore && !switches.withoutLastNorm;
  const norm = isNormed ? normOf(last, "decoder.final_layer_norm") : undefined;
  const project = last.optionalLinear("decoder.project_out");
  return {
    parts: last.parts,
    run: (hidden, { context }) => {
      const normed = norm === undefined ? hidden : norm.forward(hidden, context);
      return project === undefined ? normed : project.forward(normed, context);
    },
    isByPosition: true,
  };
}

function optBlock(block: PartList, layer: number): Stage {
  const { config } = block.plan;
  const attention = selfAttention({
    layer,
    project: separateProjections(
      block.linear("decoder.layers.{n}.self_attn.q_proj"),
      block.linear("decoder.layers.{n}.self_attn.k_proj"),
      block.linear("decoder.layers.{n}.self_attn.v_proj"),
    ),
    output: block.linear("decoder.layers.{n}.self_attn.out_proj"),
    heads: config.heads,
    keyHeads: config.heads,
    dropout: config.dropouts.attention,
  });
  const attentionNorm = normOf(block, "decoder.layers.{n}.self_attn_layer_norm");
  const feed = feedForward(
    block.linear("decoder.layers.{n}.fc1"),
    activations[config.activation],
    block.linear("decoder.layers.{n}.fc2"),
  );
  const feedNorm = normOf(block, "decoder.layers.{n}.final_layer_norm");
  const run = transformerBlock({
    attention,
    feedForward: feed,
    ...(config.switches.normBefore
      ? { beforeAttention: attentionNorm, beforeFeedForward: feedNorm }
      : { afterAttentionSum: attentionNorm, afterFeedForwardSum: feedNorm }),
    dropout: { rate: config.dropouts.residual, path: `layer.${layer}` },
  });
  return { parts: block.parts, run };
}

/** Some models have norms without gains. */
function normOf(parts: PartList, path: string): NormLayer {
  return parts.optionalNorm(path) ?? plainNorm(parts.plan.config.normEpsilon);
}
