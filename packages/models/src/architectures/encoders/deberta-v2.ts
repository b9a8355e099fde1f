// DeBERTa v2's wiring (transformers' modeling_deberta_v2.py): BERT's layers without absolute positions; attention uses
// distances. The embeddings of padding are zeros.

import * as tf from "@tensorflow/tfjs-core";
import { type DistanceStates, disentangledAttention } from "../../parts/attention/disentangled-attention.ts";
import type { Backbone, Stage } from "../../parts/backbone/backbone.ts";
import { feedForwardOf } from "../../parts/backbone/decoder-backbone.ts";
import { transformerBlock } from "../../parts/backbone/transformer-block.ts";
import { tokenEmbedding } from "../../parts/embedding/token-embedding.ts";
import type { PartList } from "../../parts/part-list.ts";
import type { Pass } from "../../parts/pass.ts";

export function debertaV2(model: PartList): Backbone {
  const { config } = model.plan;
  const embedGroup = model.group();
  const tokens = embedGroup.embedding("embeddings.word_embeddings");
  const types = "embeddings.token_type_embeddings";
  const embed = tokenEmbedding({
    tokens,
    ...(embedGroup.has(types) ? { tokenTypes: embedGroup.embedding(types) } : {}),
    norm: embedGroup.norm("embeddings.LayerNorm"),
  });
  const distanceGroup = model.group();
  const distances: DistanceStates = {
    table: distanceGroup.embedding("encoder.rel_embeddings"),
    norm: distanceGroup.norm("encoder.LayerNorm"),
    buckets: config.positionBuckets,
    farthest: config.maxPositions,
    dropout: config.dropouts.embedding,
  };
  return {
    tokens,
    keepsPadding: () => true,
    embed: {
      parts: embedGroup.parts,
      run: (pass) => tf.tidy(() => pass.drop(shown(embed(pass), pass), config.dropouts.embedding, "embedding")),
    },
    stages: Array.from({ length: config.layers }, (_, layer) => {
      const block = model.atLayer(layer);
      const run = debertaBlock(block, layer, distances);
      return { parts: [...block.parts, ...distanceGroup.parts], run };
    }),
  };
}

/** hidden [batch, time, width] → zeros at padding */
function shown(hidden: tf.Tensor, { inputs: { attentionMask } }: Pass): tf.Tensor {
  return attentionMask === undefined ? hidden : tf.mul(hidden, tf.expandDims(tf.cast(attentionMask, "float32"), 2));
}

function debertaBlock(block: PartList, layer: number, distances: DistanceStates): Stage["run"] {
  const { heads, dropouts } = block.plan.config;
  const attention = disentangledAttention({
    query: block.linear("encoder.layer.{n}.attention.self.query_proj"),
    key: block.linear("encoder.layer.{n}.attention.self.key_proj"),
    value: block.linear("encoder.layer.{n}.attention.self.value_proj"),
    output: block.linear("encoder.layer.{n}.attention.output.dense"),
    heads,
    distances,
    dropout: dropouts.attention,
  });
  const afterAttentionSum = block.norm("encoder.layer.{n}.attention.output.LayerNorm");
  const paths = ["encoder.layer.{n}.intermediate.dense", "encoder.layer.{n}.output.dense"] as const;
  const feedForward = feedForwardOf(block, paths);
  return transformerBlock({
    attention,
    feedForward,
    afterAttentionSum,
    afterFeedForwardSum: block.norm("encoder.layer.{n}.output.LayerNorm"),
    dropout: { rate: dropouts.residual, path: `layer.${layer}` },
  });
}
