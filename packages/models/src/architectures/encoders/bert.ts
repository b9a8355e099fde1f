// The wiring of BERT, RoBERTa and ELECTRA (transformers' modeling_bert.py and its relatives): every position sees every
// other, norms after each sum.

import { activations } from "../../parts/activations.ts";
import { selfAttention, separateProjections } from "../../parts/attention/self-attention.ts";
import { feedForward } from "../../parts/feed-forward.ts";
import type { PartList } from "../../parts/part-list.ts";
import { tokenEmbedding } from "../../parts/token-embedding.ts";
import { transformerBlock } from "../../parts/trunk/transformer-block.ts";
import type { Stage, Trunk } from "../../parts/trunk/trunk.ts";

export function bert(model: PartList): Trunk {
  const { config } = model.plan;
  const first = model.group();
  const tokens = first.embedding("embeddings.word_embeddings");
  const embed = tokenEmbedding({
    tokens,
    positions: first.embedding("embeddings.position_embeddings"),
    tokenTypes: first.embedding("embeddings.token_type_embeddings"),
    norm: first.norm("embeddings.LayerNorm"),
    dropout: { rate: config.dropouts.embedding, path: "embedding" },
  });
  // ELECTRA's embeddings may be narrower than its layers.
  const project = first.optionalLinear("embeddings_project");
  const blocks = Array.from({ length: config.layers }, (_, layer) => bertBlock(model.atLayer(layer), layer));
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

function bertBlock(block: PartList, layer: number): Stage {
  const { config } = block.plan;
  const attention = selfAttention({
    layer,
    project: separateProjections(
      block.linear("encoder.layer.{n}.attention.self.query"),
      block.linear("encoder.layer.{n}.attention.self.key"),
      block.linear("encoder.layer.{n}.attention.self.value"),
    ),
    output: block.linear("encoder.layer.{n}.attention.output.dense"),
    heads: config.heads,
    keyHeads: config.heads,
    dropout: config.dropouts.attention,
  });
  const afterAttentionSum = block.norm("encoder.layer.{n}.attention.output.LayerNorm");
  const feed = feedForward(
    block.linear("encoder.layer.{n}.intermediate.dense"),
    activations[config.activation],
    block.linear("encoder.layer.{n}.output.dense"),
  );
  const run = transformerBlock({
    attention,
    feedForward: feed,
    afterAttentionSum,
    afterFeedForwardSum: block.norm("encoder.layer.{n}.output.LayerNorm"),
    dropout: { rate: config.dropouts.residual, path: `layer.${layer}` },
  });
  return { parts: block.parts, run };
}
