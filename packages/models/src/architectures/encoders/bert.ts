// The wiring of BERT and its relatives (transformers' modeling_<family>.py): every position sees every other, norms after
// each sum. A part that a family lacks is missing in its table.

import { activations } from "../../parts/activations.ts";
import { type RelativePositions, relativePositions } from "../../parts/attention/relative-positions.ts";
import { separateProjections } from "../../parts/attention/self-attention.ts";
import type { Backbone, Stage } from "../../parts/backbone/backbone.ts";
import { attentionOf } from "../../parts/backbone/decoder-backbone.ts";
import { compose } from "../../parts/backbone/stages.ts";
import { transformerBlock } from "../../parts/backbone/transformer-block.ts";
import { tokenEmbedding } from "../../parts/embedding/token-embedding.ts";
import { feedForward, gatedFeedForward } from "../../parts/feed-forward.ts";
import type { PartList } from "../../parts/part-list.ts";
import { type RotaryFrequencies, rotaryOf } from "../../parts/positions/rotary-frequencies.ts";

/** BERT and ELECTRA, whose embeddings may be narrower than its layers. */
export function bert(model: PartList): Backbone {
  return likeBert(model);
}

/** BERT with positions that begin after the padding id and do not count padding. */
export function roberta(model: PartList): Backbone {
  return { ...bert(model), positionsFrom: { padding: model.plan.config.padTokenId ?? 1 } };
}

/** BERT without segments. */
export function distilbert(model: PartList): Backbone {
  return likeBert(model, () => ({ drops: "feed-forward" }));
}

/** BERT whose positions are rotations, with gated feed-forwards. */
export function nomicBert(model: PartList): Backbone {
  const { positionRows: _, ...backbone } = likeBert(model, () => ({ rotary: rotaryOf(model.plan.config) }));
  return backbone;
}

/** RoBERTa without segments, and with T5's biases of the scores, which all layers share. */
export function mpnet(model: PartList): Backbone {
  const { positionBuckets: buckets, padTokenId } = model.plan.config;
  const backbone = likeBert(model, () => {
    const table = model.embedding("encoder.relative_attention_bias");
    // The distance is 128, whatever config.json has.
    return { relativePositions: relativePositions(table, { buckets, farthest: 128, isBidirectional: true }) };
  });
  return { ...backbone, positionsFrom: { padding: padTokenId ?? 1 } };
}

/** ALBERT: narrow embeddings, widened, and one layer that runs several times. An adapter on it acts in every run. */
export function albert(model: PartList): Backbone {
  const { config } = model.plan;
  const embedGroup = model.group();
  const { tokens, run: embed } = wordEmbedding(model, embedGroup);
  const widen = embedGroup.linear("encoder.embedding_hidden_mapping_in");
  const shared = postNormBlock(model.group(), { layer: 0, drops: "attention" }, "albert_layers.0");
  return {
    tokens,
    positionRows: config.maxPositions,
    embed: { parts: embedGroup.parts, run: (pass) => widen.forward(embed(pass), pass.context) },
    stages: Array.from({ length: config.layers }, (_, passage) => passageThrough(shared, passage)),
  };
}

/** The layer once more, with dropout of its own. */
function passageThrough({ parts, run }: Stage, passage: number): Stage {
  const { mix = run, byPosition = run } = run.sublayers ?? {};
  return {
    parts,
    run: compose(
      (hidden, pass) => mix(hidden, pass.repeated(passage)),
      (middle, pass) => byPosition(middle, pass.repeated(passage)),
    ),
  };
}

/** `makeOptions` is called after the embedding is built, in the order of the modules. */
function likeBert(model: PartList, makeOptions: () => Omit<PostNormOptions, "layer"> = () => ({})): Backbone {
  const { layers, maxPositions } = model.plan.config;
  const embedGroup = model.group();
  const { tokens, run: embed } = wordEmbedding(model, embedGroup);
  const project = embedGroup.optionalLinear("embeddings_project");
  const options = makeOptions();
  const { relativePositions: shared } = options;
  return {
    tokens,
    positionRows: maxPositions,
    ...(shared === undefined ? {} : { keepsPadding: shared.isAdapted }),
    embed: {
      parts: embedGroup.parts,
      run: (pass) => (project === undefined ? embed(pass) : project.forward(embed(pass), pass.context)),
    },
    stages: Array.from({ length: layers }, (_, layer) => postNormBlock(model.atLayer(layer), { ...options, layer })),
  };
}

/** The normalized sum of word, position and segment embeddings, as far as the family has them. `embedGroup` has the tables and the norm. */
function wordEmbedding(model: PartList, embedGroup: PartList) {
  const tokens = embedGroup.embedding("embeddings.word_embeddings");
  const optional = (path: string) => (embedGroup.has(path) ? embedGroup.embedding(path) : undefined);
  const run = tokenEmbedding({
    tokens,
    positions: optional("embeddings.position_embeddings"),
    tokenTypes: optional("embeddings.token_type_embeddings"),
    norm: embedGroup.norm("embeddings.LayerNorm"),
    dropout: { rate: model.plan.config.dropouts.embedding, path: "embedding" },
  });
  return { tokens, run };
}

/** A layer in which every position sees every other, and a norm follows each sum. */
interface PostNormOptions {
  readonly layer: number;
  /** Learned biases of the scores, which all layers share (MPNet). */
  readonly relativePositions?: RelativePositions;
  /** How queries and keys are rotated, if they are. */
  readonly rotary?: RotaryFrequencies;
  /** Which sublayers apply dropout to their output in training; both unless given. */
  readonly drops?: "attention" | "feed-forward";
}

/** Makes the rows of the table whose paths contain `placeholder`: a block's linear layers and norms, in order of computation. */
function postNormBlock(block: PartList, options: PostNormOptions, placeholder = "{n}"): Stage {
  const { layer, relativePositions, rotary, drops } = options;
  const { family, dropouts, activation } = block.plan.config;
  const { residual: rate } = dropouts;
  const linears = family.linears.filter(({ path }) => path.includes(placeholder));
  const norms = family.norms.filter(({ path }) => path.includes(placeholder));
  const isGated = linears.length > 6;
  const nextLinear = () => block.linear(linears.shift()?.path ?? "a linear layer of the block");
  const nextNorm = () => block.norm(norms.shift()?.path ?? "a norm of the block");
  const attention = attentionOf(block, layer, {
    project: separateProjections(nextLinear(), nextLinear(), nextLinear()),
    output: nextLinear(),
    ...(relativePositions === undefined ? {} : { relativePositions }),
    ...(rotary === undefined ? {} : { rotary }),
  });
  const afterAttentionSum = nextNorm();
  const run = transformerBlock({
    attention,
    feedForward: isGated
      ? gatedFeedForward({ gate: nextLinear(), up: nextLinear() }, activations[activation], nextLinear())
      : feedForward(nextLinear(), activations[activation], nextLinear()),
    afterAttentionSum,
    afterFeedForwardSum: nextNorm(),
    dropout: {
      rate: drops === "attention" ? 0 : rate,
      attentionRate: drops === "feed-forward" ? 0 : rate,
      path: `layer.${layer}`,
    },
  });
  return { parts: relativePositions === undefined ? block.parts : [...block.parts, relativePositions.table], run };
}
