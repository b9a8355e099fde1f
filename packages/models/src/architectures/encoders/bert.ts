// The wiring of BERT and its relatives (transformers' modeling_<family>.py): every position sees every other, norms after each
// sum. What a family lacks, its table does not have.

import { activations } from "../../parts/activations.ts";
import { type RelativePositions, relativePositions } from "../../parts/attention/relative-positions.ts";
import { separateProjections } from "../../parts/attention/self-attention.ts";
import { tokenEmbedding } from "../../parts/embedding/token-embedding.ts";
import { gatedFeedForward } from "../../parts/feed-forward.ts";
import type { PartList } from "../../parts/part-list.ts";
import type { Layer } from "../../parts/pass.ts";
import { type RotaryFrequencies, rotaryOf } from "../../parts/positions/rotary-frequencies.ts";
import { attentionOf, feedForwardOf } from "../../parts/trunk/decoder-trunk.ts";
import { inHalves } from "../../parts/trunk/stages.ts";
import { transformerBlock } from "../../parts/trunk/transformer-block.ts";
import type { Stage, Trunk } from "../../parts/trunk/trunk.ts";

/** BERT and ELECTRA, whose embeddings may be narrower than its layers. */
export function bert(model: PartList): Trunk {
  return likeBert(model, () => ({ names: bertNames }));
}

const bertNames: LayerNames = {
  query: "encoder.layer.{n}.attention.self.query",
  key: "encoder.layer.{n}.attention.self.key",
  value: "encoder.layer.{n}.attention.self.value",
  output: "encoder.layer.{n}.attention.output.dense",
  afterAttention: "encoder.layer.{n}.attention.output.LayerNorm",
  up: "encoder.layer.{n}.intermediate.dense",
  down: "encoder.layer.{n}.output.dense",
  afterFeedForward: "encoder.layer.{n}.output.LayerNorm",
};

/** BERT whose positions begin after the padding id and count only what is not padding. */
export function roberta(model: PartList): Trunk {
  return { ...bert(model), positionsFrom: { padding: model.plan.config.padTokenId ?? 1 } };
}

/** BERT without segments. */
export function distilbert(model: PartList): Trunk {
  return likeBert(model, () => ({ names: distilbertNames, drops: "feed-forward" }));
}

const distilbertNames: LayerNames = {
  query: "transformer.layer.{n}.attention.q_lin",
  key: "transformer.layer.{n}.attention.k_lin",
  value: "transformer.layer.{n}.attention.v_lin",
  output: "transformer.layer.{n}.attention.out_lin",
  afterAttention: "transformer.layer.{n}.sa_layer_norm",
  up: "transformer.layer.{n}.ffn.lin1",
  down: "transformer.layer.{n}.ffn.lin2",
  afterFeedForward: "transformer.layer.{n}.output_layer_norm",
};

/** BERT whose positions are rotations, with gated feed-forwards. */
export function nomicBert(model: PartList): Trunk {
  const { positionRows: _, ...trunk } = likeBert(model, () => ({
    names: nomicNames,
    rotary: rotaryOf(model.plan.config),
  }));
  return trunk;
}

const nomicNames: LayerNames = {
  query: "layers.{n}.self_attn.q_proj",
  key: "layers.{n}.self_attn.k_proj",
  value: "layers.{n}.self_attn.v_proj",
  output: "layers.{n}.self_attn.o_proj",
  afterAttention: "layers.{n}.post_attention_layernorm",
  gate: "layers.{n}.mlp.gate_proj",
  up: "layers.{n}.mlp.up_proj",
  down: "layers.{n}.mlp.down_proj",
  afterFeedForward: "layers.{n}.post_mlp_layernorm",
};

/** RoBERTa without segments, and with T5's biases of the scores, which all layers share. */
export function mpnet(model: PartList): Trunk {
  const { positionBuckets: buckets, padTokenId } = model.plan.config;
  const trunk = likeBert(model, () => {
    const table = model.embedding("encoder.relative_attention_bias");
    // The distance is 128 whatever the file says.
    const positions = relativePositions(table, { buckets, farthest: 128, isBidirectional: true });
    return { names: mpnetNames, relativePositions: positions };
  });
  return { ...trunk, positionsFrom: { padding: padTokenId ?? 1 } };
}

const mpnetNames: LayerNames = {
  query: "encoder.layer.{n}.attention.attn.q",
  key: "encoder.layer.{n}.attention.attn.k",
  value: "encoder.layer.{n}.attention.attn.v",
  output: "encoder.layer.{n}.attention.attn.o",
  afterAttention: "encoder.layer.{n}.attention.LayerNorm",
  up: "encoder.layer.{n}.intermediate.dense",
  down: "encoder.layer.{n}.output.dense",
  afterFeedForward: "encoder.layer.{n}.output.LayerNorm",
};

/**
 * ALBERT: narrow embeddings, widened, and one layer that is passed through as often as the configuration says. An adapter on it
 * acts at every passage.
 */
export function albert(model: PartList): Trunk {
  const { config } = model.plan;
  const first = model.group();
  const { tokens, run: embed } = wordEmbedding(model, first);
  const widen = first.linear("encoder.embedding_hidden_mapping_in");
  const shared = postNormBlock(model.group(), { names: albertNames, layer: 0, drops: "attention" });
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

const albertLayer = "encoder.albert_layer_groups.0.albert_layers.0";
const albertNames: LayerNames = {
  query: `${albertLayer}.attention.query`,
  key: `${albertLayer}.attention.key`,
  value: `${albertLayer}.attention.value`,
  output: `${albertLayer}.attention.dense`,
  afterAttention: `${albertLayer}.attention.LayerNorm`,
  up: `${albertLayer}.ffn`,
  down: `${albertLayer}.ffn_output`,
  afterFeedForward: `${albertLayer}.full_layer_layer_norm`,
};

/** `own` is made behind the embedding, in the order of the modules. */
function likeBert(model: PartList, own: () => Omit<PostNormOptions, "layer">): Trunk {
  const { layers, maxPositions } = model.plan.config;
  const first = model.group();
  const { tokens, run: embed } = wordEmbedding(model, first);
  const project = first.optionalLinear("embeddings_project");
  const options = own();
  const { relativePositions: shared } = options;
  return {
    tokens,
    positionRows: maxPositions,
    ...(shared === undefined ? {} : { keepsPadding: shared.isOpen }),
    embed: {
      parts: first.parts,
      run: (pass) => (project === undefined ? embed(pass) : project.forward(embed(pass), pass.context)),
    },
    stages: Array.from({ length: layers }, (_, layer) => postNormBlock(model.atLayer(layer), { ...options, layer })),
  };
}

/** Words and, where a family has them, positions and segments, added up and normalised: tables and norm of the group `first`, by the names that all of these families have. */
function wordEmbedding(model: PartList, first: PartList) {
  const tokens = first.embedding("embeddings.word_embeddings");
  const optional = (path: string) => (first.has(path) ? first.embedding(path) : undefined);
  const run = tokenEmbedding({
    tokens,
    positions: optional("embeddings.position_embeddings"),
    tokenTypes: optional("embeddings.token_type_embeddings"),
    norm: first.norm("embeddings.LayerNorm"),
    dropout: { rate: model.plan.config.dropouts.embedding, path: "embedding" },
  });
  return { tokens, run };
}

/** Where a layer's modules lie in the family's table. */
interface LayerNames {
  readonly query: string;
  readonly key: string;
  readonly value: string;
  readonly output: string;
  readonly afterAttention: string;
  /** Of a gated feed-forward (NomicBERT). */
  readonly gate?: string;
  readonly up: string;
  readonly down: string;
  readonly afterFeedForward: string;
}

/** A layer in which every position sees every other, and a norm follows each sum. */
interface PostNormOptions {
  readonly names: LayerNames;
  readonly layer: number;
  /** Learnt biases of the scores, which all layers share (MPNet). */
  readonly relativePositions?: RelativePositions;
  /** How queries and keys are turned, if they are. */
  readonly rotary?: RotaryFrequencies;
  /** Which halves drop out what they add, while training; both unless given. */
  readonly drops?: "attention" | "feed-forward";
}

function postNormBlock(block: PartList, options: PostNormOptions): Stage {
  const { names, layer, relativePositions, rotary, drops } = options;
  const { residual: rate } = block.plan.config.dropouts;
  const attention = attentionOf(block, layer, {
    project: separateProjections(block.linear(names.query), block.linear(names.key), block.linear(names.value)),
    output: block.linear(names.output),
    ...(relativePositions === undefined ? {} : { relativePositions }),
    ...(rotary === undefined ? {} : { rotary }),
  });
  const afterAttentionSum = block.norm(names.afterAttention);
  const run = transformerBlock({
    attention,
    feedForward: encoderFeedForward(block, names),
    afterAttentionSum,
    afterFeedForwardSum: block.norm(names.afterFeedForward),
    dropout: {
      rate: drops === "attention" ? 0 : rate,
      attentionRate: drops === "feed-forward" ? 0 : rate,
      path: `layer.${layer}`,
    },
  });
  return { parts: relativePositions === undefined ? block.parts : [...block.parts, relativePositions.table], run };
}

function encoderFeedForward(block: PartList, { gate, up, down }: LayerNames): Layer {
  if (gate === undefined) return feedForwardOf(block, [up, down]);
  const activation = activations[block.plan.config.activation];
  return gatedFeedForward({ gate: block.linear(gate), up: block.linear(up) }, activation, block.linear(down));
}
