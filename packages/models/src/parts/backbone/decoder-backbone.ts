// The common part of decoder-only families: an embedding, blocks one after the other, and a norm at the end.

import { activations } from "../activations.ts";
import type { Projection, SelfAttentionOptions } from "../attention/attention-options.ts";
import { selfAttention, separateProjections } from "../attention/self-attention.ts";
import { type TokenEmbeddingOptions, tokenEmbedding } from "../embedding/token-embedding.ts";
import { feedForward } from "../feed-forward.ts";
import { plainNorm } from "../norm.ts";
import type { PartList } from "../part-list.ts";
import type { Layer } from "../pass.ts";
import type { Backbone, Stage } from "./backbone.ts";
import { normStage } from "./stages.ts";
import { type TransformerBlockOptions, transformerBlock } from "./transformer-block.ts";

export interface DecoderOptions {
  /** Path of the token embedding in the family's table. */
  readonly tokens: string;
  /** Path of the last norm, which has no weights if the family's table has no such row (OLMo). */
  readonly norm: string;
  readonly block: (block: PartList, layer: number) => TransformerBlockOptions;
  /** Further options of the token embedding. */
  readonly embedding?: (embedGroup: PartList) => Omit<TokenEmbeddingOptions, "tokens">;
}

export function decoderBackbone(model: PartList, options: DecoderOptions): Backbone {
  const { config } = model.plan;
  const embedGroup = model.group();
  const tokens = embedGroup.embedding(options.tokens);
  const embed = tokenEmbedding({
    tokens,
    dropout: { rate: config.dropouts.embedding, path: "embedding" },
    ...options.embedding?.(embedGroup),
  });
  const blocks = blockStages(model, options.block);
  const lastGroup = model.group();
  const norm = lastGroup.optionalNorm(options.norm) ?? plainNorm(config.normEpsilon);
  return {
    tokens,
    embed: { parts: embedGroup.parts, run: embed },
    stages: [...blocks, normStage(lastGroup.parts, norm)],
  };
}

/** Every layer of a model. Its sublayers have the configuration's dropout rate unless `block` gives another. */
export function blockStages(model: PartList, block: DecoderOptions["block"]): readonly Stage[] {
  const { layers, dropouts } = model.plan.config;
  return Array.from({ length: layers }, (_, layer) => {
    const modelAtLayer = model.atLayer(layer);
    const dropout = { rate: dropouts.residual, path: `layer.${layer}` };
    const run = transformerBlock({ dropout, ...block(modelAtLayer, layer) });
    return { parts: modelAtLayer.parts, run };
  });
}

type OwnAttention = Pick<SelfAttentionOptions, "project" | "output"> & Partial<SelfAttentionOptions>;

/** Self-attention with the heads and the dropout of the configuration, unless `options` has others. */
export function attentionOf(block: PartList, layer: number, options: OwnAttention): Layer {
  const { heads, keyValueHeads: keyHeads, dropouts } = block.plan.config;
  return selfAttention({ layer, heads, keyHeads, dropout: dropouts.attention, ...options });
}

/** The projections `q_proj`, `k_proj` and `v_proj` below a path of the family's table. */
export function projectionsBelow(block: PartList, path: string): Projection {
  const of = (name: string) => block.linear(`${path}.${name}`);
  return separateProjections(of("q_proj"), of("k_proj"), of("v_proj"));
}

/** A feed-forward of two linear layers with the activation of the configuration; `innerPath` names dropout between them. */
export function feedForwardOf(block: PartList, [up, down]: readonly [string, string], innerPath?: string): Layer {
  const { activation, dropouts } = block.plan.config;
  const inner = innerPath === undefined ? undefined : { rate: dropouts.activation, path: innerPath };
  return feedForward(block.linear(up), activations[activation], block.linear(down), inner);
}
