// The wiring of BERT, RoBERTa and ELECTRA (transformers' modeling_bert.py and its relatives): every position sees every
// other, norms after each sum.

import type { PartList } from "../../parts/part-list.ts";
import type { Trunk } from "../../parts/trunk/trunk.ts";
import { type LayerNames, postNormBlock } from "./post-norm-block.ts";
import { wordEmbedding } from "./word-embedding.ts";

export function bert(model: PartList): Trunk {
  const { config } = model.plan;
  const first = model.group();
  const { tokens, run: embed } = wordEmbedding(model, first);
  // ELECTRA's embeddings may be narrower than its layers.
  const project = first.optionalLinear("embeddings_project");
  const blocks = Array.from({ length: config.layers }, (_, layer) =>
    postNormBlock(model.atLayer(layer), { names, layer }),
  );
  return {
    tokens,
    positionRows: config.maxPositions,
    embed: {
      parts: first.parts,
      run: (pass) => (project === undefined ? embed(pass) : project.forward(embed(pass), pass.context)),
    },
    stages: blocks,
  };
}

/** BERT whose positions begin after the padding id and count only what is not padding. */
export function roberta(model: PartList): Trunk {
  return { ...bert(model), positionsFrom: { padding: model.plan.config.padTokenId ?? 1 } };
}

const names: LayerNames = {
  query: "encoder.layer.{n}.attention.self.query",
  key: "encoder.layer.{n}.attention.self.key",
  value: "encoder.layer.{n}.attention.self.value",
  output: "encoder.layer.{n}.attention.output.dense",
  afterAttention: "encoder.layer.{n}.attention.output.LayerNorm",
  up: "encoder.layer.{n}.intermediate.dense",
  down: "encoder.layer.{n}.output.dense",
  afterFeedForward: "encoder.layer.{n}.output.LayerNorm",
};
