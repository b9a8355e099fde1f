// T5's wiring (transformers' modeling_t5.py): norms before each part, no scaling of scores, positions as biases.

import type { ForwardContext } from "@lowrank/contracts";
import type { EmbeddingSite } from "@lowrank/engine/hook-points";
import { activations } from "../../parts/activations.ts";
import { crossAttention } from "../../parts/attention/cross-attention.ts";
import { type RelativePositions, relativePositions } from "../../parts/attention/relative-positions.ts";
import { separateProjections } from "../../parts/attention/self-attention.ts";
import type { Backbone, Stage } from "../../parts/backbone/backbone.ts";
import { attentionOf } from "../../parts/backbone/decoder-backbone.ts";
import { encoderDecoder } from "../../parts/backbone/encoder-decoder.ts";
import { compose } from "../../parts/backbone/stages.ts";
import { residual } from "../../parts/backbone/transformer-block.ts";
import { tokenEmbedding } from "../../parts/embedding/token-embedding.ts";
import { feedForward, gatedFeedForward } from "../../parts/feed-forward.ts";
import type { PartList } from "../../parts/part-list.ts";
import type { Layer } from "../../parts/pass.ts";

export function t5(model: PartList): Backbone {
  const tokens = model.embedding("shared");
  const encoder = stack(model, "encoder", tokens);
  // A classifier of tokens has no decoder, and the encoder alone neither.
  if (!model.has("decoder.embed_tokens")) return { tokens, ...encoder };
  const decoder = stack(model, "decoder", tokens);
  return encoderDecoder({ tokens, encoder, decoder });
}

type StackName = "encoder" | "decoder";

function stack(model: PartList, name: StackName, shared: EmbeddingSite) {
  const { config } = model.plan;
  const embedGroup = model.group();
  const { embedding: rate } = config.dropouts;
  const embed = tokenEmbedding({
    tokens: embedGroup.embedding(`${name}.embed_tokens`, shared),
    dropout: { rate, path: `${name}/embedding` },
  });
  const layers = name === "encoder" ? config.layers : config.decoderLayers;
  let positions: RelativePositions | undefined;
  const blocks = Array.from({ length: layers }, (_, layer): Stage => {
    const block = model.atLayer(layer);
    const table = `${name}.block.{n}.layer.0.SelfAttention.relative_attention_bias`;
    // In T5 only the first layer has a table, which all layers read; in UMT5 each has its own.
    if (positions === undefined || block.has(table)) {
      positions = relativePositions(block.embedding(table), {
        buckets: config.positionBuckets,
        farthest: config.farthestDistance,
        isBidirectional: name === "encoder",
      });
    }
    const rows = name === "encoder" ? "encoder.block.{n}" : "decoder.block.{m}";
    return blockStage(block, { layer, positions, stack: name, rows });
  });
  return {
    embed: { parts: embedGroup.parts, run: embed },
    stages: [...blocks, lastStage(model.group(), name)],
    keepsPadding: (context: ForwardContext) => positions?.isAdapted(context) ?? false,
  };
}

function lastStage(last: PartList, name: StackName): Stage {
  const norm = last.norm(`${name}.final_layer_norm`);
  const { embedding: rate } = last.plan.config.dropouts;
  return {
    parts: last.parts,
    run: (hidden, pass) => pass.drop(norm.forward(hidden, pass.context), rate, `${name}/last`),
    isByPosition: true,
  };
}

interface BlockFacts {
  readonly layer: number;
  readonly positions: RelativePositions;
  readonly stack: StackName;
  /** The path of the block in the family's table. */
  readonly rows: string;
}

function blockStage(block: PartList, facts: BlockFacts): Stage {
  const { layer, positions, stack, rows } = facts;
  const path = `${stack}.${layer}`;
  const withNumber = (number: number, inner: Layer) => withNorm(block, `${rows}.layer.${number}`, path, inner);
  const attend = withNumber(0, attention(block, facts));
  const look = stack === "decoder" ? withNumber(1, attentionToSource(block, layer)) : undefined;
  const last = look === undefined ? 1 : 2;
  const feed = withNumber(last, feedForwardOf(block, `${rows}.layer.${last}`, path));
  const mix: Layer = look === undefined ? attend : (hidden, pass) => look(attend(hidden, pass), pass);
  return { parts: [...block.parts, positions.table], run: compose(mix, feed) };
}

/** hidden + dropout(layer(norm(hidden))) */
function withNorm(block: PartList, rowPath: string, path: string, layer: Layer): Layer {
  const { residual: rate } = block.plan.config.dropouts;
  const dropout = { rate, path: `${path}/${rowPath.slice(-7)}` };
  return residual({ layer, before: block.norm(`${rowPath}.layer_norm`), dropout });
}

function attention(block: PartList, { layer, positions, rows }: BlockFacts): Layer {
  const path = `${rows}.layer.0.SelfAttention`;
  return attentionOf(block, layer, {
    project: separateProjections(block.linear(`${path}.q`), block.linear(`${path}.k`), block.linear(`${path}.v`)),
    output: block.linear(`${path}.o`),
    relativePositions: positions,
    scale: 1,
  });
}

function attentionToSource(block: PartList, layer: number): Layer {
  const { config } = block.plan;
  const path = "decoder.block.{m}.layer.1.EncDecAttention";
  return crossAttention({
    layer,
    query: block.linear(`${path}.q`),
    key: block.linear(`${path}.k`),
    value: block.linear(`${path}.v`),
    output: block.linear(`${path}.o`),
    heads: config.heads,
    dropout: config.dropouts.attention,
    scale: 1,
  });
}

function feedForwardOf(block: PartList, rowPath: string, path: string): Layer {
  const { config } = block.plan;
  const activation = activations[config.activation];
  const dropout = { rate: config.dropouts.activation, path: `${path}/feed-forward` };
  const linear = (name: string) => block.linear(`${rowPath}.DenseReluDense.${name}`);
  if (!config.switches.gatedFeedForward) return feedForward(linear("wi"), activation, linear("wo"), dropout);
  return gatedFeedForward({ gate: linear("wi_0"), up: linear("wi_1") }, activation, linear("wo"), dropout);
}
