// LFM2's wiring (transformers' modeling_lfm2.py): LLaMA, with short convolutions instead of attention in most layers.

import { activations } from "../../parts/activations.ts";
import { attentionOf, projectionsBelow } from "../../parts/backbone/decoder-backbone.ts";
import { gatedFeedForward } from "../../parts/feed-forward.ts";
import type { PartList } from "../../parts/part-list.ts";
import type { Layer } from "../../parts/pass.ts";
import type { RotaryFrequencies } from "../../parts/positions/rotary-frequencies.ts";
import { shortConvolution } from "../../parts/recurrent/short-convolution.ts";
import { likeLlama } from "./like-llama.ts";

export const lfm2 = likeLlama((block, layer, rotary) => {
  const { activation, layerKinds } = block.plan.config;
  const isConvolution = layerKinds[layer] === "convolution";
  const of = (name: string) => block.linear(`layers.{n}.feed_forward.${name}`);
  return {
    attention: isConvolution ? convolution(block, layer) : attention(block, layer, rotary),
    feedForward: gatedFeedForward({ gate: of("w1"), up: of("w3") }, activations[activation], of("w2")),
    beforeAttention: block.norm("layers.{n}.operator_norm"),
    beforeFeedForward: block.norm("layers.{n}.ffn_norm"),
  };
}, "embedding_norm");

function convolution(block: PartList, layer: number): Layer {
  return shortConvolution({
    layer,
    input: block.linear("layers.{n}.conv.in_proj"),
    taps: block.tensor("layers.{n}.conv.conv.weight"),
    output: block.linear("layers.{n}.conv.out_proj"),
  });
}

function attention(block: PartList, layer: number, rotary: RotaryFrequencies): Layer {
  return attentionOf(block, layer, {
    project: projectionsBelow(block, "layers.{n}.self_attn"),
    output: block.linear("layers.{n}.self_attn.out_proj"),
    queryNorm: block.norm("layers.{n}.self_attn.q_layernorm"),
    keyNorm: block.norm("layers.{n}.self_attn.k_layernorm"),
    rotary,
    dropout: 0,
  });
}
