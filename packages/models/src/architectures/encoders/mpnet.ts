// MPNet's wiring (transformers' modeling_mpnet.py): RoBERTa's without segments, and with T5's biases of the scores, which all
// layers share.

import { relativePositions } from "../../parts/attention/relative-positions.ts";
import type { PartList } from "../../parts/part-list.ts";
import type { Trunk } from "../../parts/trunk/trunk.ts";
import { type LayerNames, postNormBlock } from "./post-norm-block.ts";
import { wordEmbedding } from "./word-embedding.ts";

export function mpnet(model: PartList): Trunk {
  const { config } = model.plan;
  const first = model.group();
  const { tokens, run: embed } = wordEmbedding(model, first);
  const positions = relativePositions(model.embedding("encoder.relative_attention_bias"), {
    buckets: config.positionBuckets,
    farthest: 128, // whatever the file says
    isBidirectional: true,
  });
  return {
    tokens,
    positionRows: config.maxPositions,
    positionsFrom: { padding: config.padTokenId ?? 1 },
    keepsPadding: positions.isOpen,
    embed: { parts: first.parts, run: embed },
    stages: Array.from({ length: config.layers }, (_, layer) =>
      postNormBlock(model.atLayer(layer), { names, layer, relativePositions: positions }),
    ),
  };
}

const names: LayerNames = {
  query: "encoder.layer.{n}.attention.attn.q",
  key: "encoder.layer.{n}.attention.attn.k",
  value: "encoder.layer.{n}.attention.attn.v",
  output: "encoder.layer.{n}.attention.attn.o",
  afterAttention: "encoder.layer.{n}.attention.LayerNorm",
  up: "encoder.layer.{n}.intermediate.dense",
  down: "encoder.layer.{n}.output.dense",
  afterFeedForward: "encoder.layer.{n}.output.LayerNorm",
};
