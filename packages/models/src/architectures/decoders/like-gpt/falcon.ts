// Falcon's wiring (transformers' modeling_falcon.py): fused projections sorted by key head; positions that rotate or that
// scores rise with; the halves side by side, on one norm or on two, or one after the other.
//
// With rising scores transformers' "eager" attention adds the bias twice; this is its usual one ("sdpa"), and the paper's.

import type { ModelConfig } from "@lowrank/contracts/families";
import { activations } from "../../../parts/activations.ts";
import type { SelfAttentionOptions } from "../../../parts/attention/attention-options.ts";
import { groupedProjection, selfAttention } from "../../../parts/attention/self-attention.ts";
import { feedForward } from "../../../parts/feed-forward.ts";
import type { Norm } from "../../../parts/norm.ts";
import type { PartList } from "../../../parts/part-list.ts";
import { alibi } from "../../../parts/positions/alibi.ts";
import { rotaryOf } from "../../../parts/positions/rotary-frequencies.ts";
import { decoderTrunk } from "../../../parts/trunk/decoder-trunk.ts";
import { transformerBlock } from "../../../parts/trunk/transformer-block.ts";
import type { Stage, Trunk } from "../../../parts/trunk/trunk.ts";

export function falcon(model: PartList): Trunk {
  const positions = positionsOf(model.plan.config);
  return decoderTrunk(model, {
    tokens: "word_embeddings",
    block: (block, layer) => falconBlock(block, layer, positions),
    norm: "ln_f",
  });
}

type Positions = Pick<SelfAttentionOptions, "rotary" | "alibi" | "dropout">;

function positionsOf(config: ModelConfig): Positions {
  // With rotations transformers never drops attention weights.
  if (!config.switches.alibi) return { rotary: rotaryOf(config), dropout: 0 };
  const slopes = alibi(config.heads, { scale: 1 / Math.sqrt(config.headSize), inBfloat16: true });
  return { alibi: slopes, dropout: config.dropouts.attention };
}

function falconBlock(block: PartList, layer: number, positions: Positions): Stage {
  const { config } = block.plan;
  const attention = selfAttention({
    layer,
    project: groupedProjection(
      block.linear("h.{n}.self_attention.query_key_value"),
      config.keyValueHeads,
      config.headSize,
    ),
    output: block.linear("h.{n}.self_attention.dense"),
    heads: config.heads,
    keyHeads: config.keyValueHeads,
    ...positions,
  });
  const feed = feedForward(
    block.linear("h.{n}.mlp.dense_h_to_4h"),
    activations[config.activation],
    block.linear("h.{n}.mlp.dense_4h_to_h"),
  );
  const run = transformerBlock({
    attention,
    feedForward: feed,
    ...norms(block),
    residual: config.switches.parallelResidual ? "parallel" : "sequential",
    dropout: {
      rate: config.dropouts.residual,
      // As transformers does where the halves follow one another.
      ...(config.switches.parallelResidual ? {} : { attentionRate: config.dropouts.attention }),
      path: `layer.${layer}`,
    },
  });
  return { parts: block.parts, run };
}

function norms(block: PartList): { readonly beforeAttention: Norm; readonly beforeFeedForward: Norm } {
  const own = block.optionalNorm("h.{n}.ln_attn");
  if (own !== undefined) return { beforeAttention: own, beforeFeedForward: block.norm("h.{n}.ln_mlp") };
  const first = block.norm("h.{n}.input_layernorm");
  return {
    beforeAttention: first,
    beforeFeedForward: block.optionalNorm("h.{n}.post_attention_layernorm") ?? first,
  };
}
