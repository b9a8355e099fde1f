// One layer of BERT and of encoders that name its modules otherwise: every position sees every other, and a norm follows
// each sum.

import { activations } from "../../parts/activations.ts";
import type { RelativePositions } from "../../parts/attention/relative-positions.ts";
import { selfAttention, separateProjections } from "../../parts/attention/self-attention.ts";
import { feedForward, gatedFeedForward } from "../../parts/feed-forward.ts";
import type { PartList } from "../../parts/part-list.ts";
import type { Layer } from "../../parts/pass.ts";
import type { RotaryFrequencies } from "../../parts/positions/rotary-frequencies.ts";
import { transformerBlock } from "../../parts/trunk/transformer-block.ts";
import type { Stage } from "../../parts/trunk/trunk.ts";

/** Where a layer's modules lie in the family's table. */
export interface LayerNames {
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

export interface PostNormOptions {
  readonly names: LayerNames;
  readonly layer: number;
  /** Learnt biases of the scores, which all layers share (MPNet). */
  readonly relativePositions?: RelativePositions;
  /** How queries and keys are turned, if they are. */
  readonly rotary?: RotaryFrequencies;
  /** Which halves drop out what they add, while training; both unless given. */
  readonly drops?: "attention" | "feed-forward";
}

export function postNormBlock(block: PartList, options: PostNormOptions): Stage {
  const { names, layer, relativePositions, rotary, drops } = options;
  const { config } = block.plan;
  const { residual: rate } = config.dropouts;
  const attention = selfAttention({
    layer,
    project: separateProjections(block.linear(names.query), block.linear(names.key), block.linear(names.value)),
    output: block.linear(names.output),
    heads: config.heads,
    keyHeads: config.heads,
    dropout: config.dropouts.attention,
    ...(relativePositions === undefined ? {} : { relativePositions }),
    ...(rotary === undefined ? {} : { rotary }),
  });
  const afterAttentionSum = block.norm(names.afterAttention);
  const run = transformerBlock({
    attention,
    feedForward: feedForwardOf(block, names),
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

function feedForwardOf(block: PartList, { gate, up, down }: LayerNames): Layer {
  const activation = activations[block.plan.config.activation];
  if (gate === undefined) return feedForward(block.linear(up), activation, block.linear(down));
  return gatedFeedForward({ gate: block.linear(gate), up: block.linear(up) }, activation, block.linear(down));
}
