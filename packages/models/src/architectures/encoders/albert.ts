// ALBERT's wiring (transformers' modeling_albert.py): narrow embeddings, widened, and one layer that is passed through as
// often as the configuration says. An adapter on it acts at every passage.

import type { PartList } from "../../parts/part-list.ts";
import { inHalves } from "../../parts/trunk/stages.ts";
import type { Stage, Trunk } from "../../parts/trunk/trunk.ts";
import { type LayerNames, postNormBlock } from "./post-norm-block.ts";
import { wordEmbedding } from "./word-embedding.ts";

export function albert(model: PartList): Trunk {
  const { config } = model.plan;
  const first = model.group();
  const { tokens, run: embed } = wordEmbedding(model, first);
  const widen = first.linear("encoder.embedding_hidden_mapping_in");
  const shared = postNormBlock(model.group(), { names, layer: 0, drops: "attention" });
  return {
    tokens,
    positionRows: config.maxPositions,
    embed: { parts: first.parts, run: (pass) => widen.forward(embed(pass), pass.context) },
    stages: Array.from({ length: config.layers }, (_, passage) => passageThrough(shared, passage)),
  };
}

/** The layer once more, with dropout of its own. */
function passageThrough({ parts, run }: Stage, passage: number): Stage {
  const { mix = run, byPosition = run } = run.halves ?? {};
  return {
    parts,
    run: inHalves(
      (hidden, pass) => mix(hidden, pass.repeated(passage)),
      (middle, pass) => byPosition(middle, pass.repeated(passage)),
    ),
  };
}

const layer = "encoder.albert_layer_groups.0.albert_layers.0";
const names: LayerNames = {
  query: `${layer}.attention.query`,
  key: `${layer}.attention.key`,
  value: `${layer}.attention.value`,
  output: `${layer}.attention.dense`,
  afterAttention: `${layer}.attention.LayerNorm`,
  up: `${layer}.ffn`,
  down: `${layer}.ffn_output`,
  afterFeedForward: `${layer}.full_layer_layer_norm`,
};
