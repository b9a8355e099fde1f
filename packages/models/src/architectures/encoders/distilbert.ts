// DistilBERT's wiring (transformers' modeling_distilbert.py): BERT without segments.

import type { PartList } from "../../parts/part-list.ts";
import type { Trunk } from "../../parts/trunk/trunk.ts";
import { type LayerNames, postNormBlock } from "./post-norm-block.ts";
import { wordEmbedding } from "./word-embedding.ts";

export function distilbert(model: PartList): Trunk {
  const { config } = model.plan;
  const first = model.group();
  const { tokens, run: embed } = wordEmbedding(model, first);
  const blocks = Array.from({ length: config.layers }, (_, layer) =>
    postNormBlock(model.atLayer(layer), { names, layer, drops: "feed-forward" }),
  );
  return { tokens, positionRows: config.maxPositions, embed: { parts: first.parts, run: embed }, stages: blocks };
}

const names: LayerNames = {
  query: "transformer.layer.{n}.attention.q_lin",
  key: "transformer.layer.{n}.attention.k_lin",
  value: "transformer.layer.{n}.attention.v_lin",
  output: "transformer.layer.{n}.attention.out_lin",
  afterAttention: "transformer.layer.{n}.sa_layer_norm",
  up: "transformer.layer.{n}.ffn.lin1",
  down: "transformer.layer.{n}.ffn.lin2",
  afterFeedForward: "transformer.layer.{n}.output_layer_norm",
};
