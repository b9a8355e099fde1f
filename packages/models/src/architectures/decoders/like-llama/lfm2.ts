// LFM2's wiring (transformers' modeling_lfm2.py): LLaMA with short convolutions in place of attention in most layers.

import { activations } from "../../../parts/activations.ts";
import { selfAttention, separateProjections } from "../../../parts/attention/self-attention.ts";
import { gatedFeedForward } from "../../../parts/feed-forward.ts";
import type { PartList } from "../../../parts/part-list.ts";
import type { Layer } from "../../../parts/pass.ts";
import { type RotaryFrequencies, rotaryOf } from "../../../parts/positions/rotary-frequencies.ts";
import { shortConvolution } from "../../../parts/recurrent/short-convolution.ts";
import { decoderTrunk } from "../../../parts/trunk/decoder-trunk.ts";
import { transformerBlock } from "../../../parts/trunk/transformer-block.ts";
import type { Stage, Trunk } from "../../../parts/trunk/trunk.ts";

export function lfm2(model: PartList): Trunk {
  const rotary = rotaryOf(model.plan.config);
  return decoderTrunk(model, {
    tokens: "embed_tokens",
    block: (block, layer) => lfm2Block(block, layer, rotary),
    norm: "embedding_norm",
  });
}

function lfm2Block(block: PartList, layer: number, rotary: RotaryFrequencies): Stage {
  const { activation, layerKinds } = block.plan.config;
  const isConvolution = layerKinds[layer] === "convolution";
  const of = (name: string) => block.linear(`layers.{n}.feed_forward.${name}`);
  const run = transformerBlock({
    attention: isConvolution ? convolution(block, layer) : attention(block, layer, rotary),
    feedForward: gatedFeedForward({ gate: of("w1"), up: of("w3") }, activations[activation], of("w2")),
    beforeAttention: block.norm("layers.{n}.operator_norm"),
    beforeFeedForward: block.norm("layers.{n}.ffn_norm"),
  });
  return { parts: block.parts, run };
}

function convolution(block: PartList, layer: number): Layer {
  return shortConvolution({
    layer,
    input: block.linear("layers.{n}.conv.in_proj"),
    taps: block.tensor("layers.{n}.conv.conv.weight"),
    output: block.linear("layers.{n}.conv.out_proj"),
  });
}

function attention(block: PartList, layer: number, rotary: RotaryFrequencies): Layer {
  const { heads, keyValueHeads } = block.plan.config;
  const of = (name: string) => block.linear(`layers.{n}.self_attn.${name}`);
  return selfAttention({
    layer,
    project: separateProjections(of("q_proj"), of("k_proj"), of("v_proj")),
    output: of("out_proj"),
    queryNorm: block.norm("layers.{n}.self_attn.q_layernorm"),
    keyNorm: block.norm("layers.{n}.self_attn.k_layernorm"),
    heads,
    keyHeads: keyValueHeads,
    rotary,
    dropout: 0,
  });
}
