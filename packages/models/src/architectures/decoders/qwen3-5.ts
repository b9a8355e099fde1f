// Qwen 3.5's wiring (transformers' modeling_qwen3_5.py): LLaMA with gated delta nets instead of attention in most layers,
// and a gate after attention in the others.

import { activations } from "../../parts/activations.ts";
import { gatedProjection } from "../../parts/attention/gated-projection.ts";
import { attentionOf } from "../../parts/backbone/decoder-backbone.ts";
import type { PartList } from "../../parts/part-list.ts";
import type { Layer } from "../../parts/pass.ts";
import type { RotaryFrequencies } from "../../parts/positions/rotary-frequencies.ts";
import { gatedDeltaNet } from "../../parts/recurrent/gated-delta-net.ts";
import { likeLlama, llamaFeedForward, normsBefore } from "./like-llama.ts";

export const qwen35 = likeLlama((block, layer, rotary) => {
  const hasMemory = block.plan.config.layerKinds[layer] === "memory";
  return {
    attention: hasMemory ? deltaNet(block, layer) : attention(block, layer, rotary),
    feedForward: llamaFeedForward(block),
    ...normsBefore(block),
  };
});

function deltaNet(block: PartList, layer: number): Layer {
  const { activation, memoryHeads, memoryKeyHeads, memoryKeySize, memoryValueSize } = block.plan.config;
  const of = (name: string) => `layers.{n}.linear_attn.${name}`;
  return gatedDeltaNet({
    layer,
    input: block.linear(of("in_proj_qkv")),
    gate: block.linear(of("in_proj_z")),
    strength: block.linear(of("in_proj_b")),
    decay: block.linear(of("in_proj_a")),
    decayBias: block.tensor(of("dt_bias")),
    decayRate: block.tensor(of("A_log")),
    taps: block.tensor(of("conv1d.weight")),
    activation: activations[activation],
    norm: block.norm(of("norm")),
    output: block.linear(of("out_proj")),
    heads: memoryHeads,
    keyHeads: memoryKeyHeads,
    keySize: memoryKeySize,
    valueSize: memoryValueSize,
  });
}

function attention(block: PartList, layer: number, rotary: RotaryFrequencies): Layer {
  const of = (name: string) => block.linear(`layers.{n}.self_attn.${name}`);
  const { heads } = block.plan.config;
  return attentionOf(block, layer, {
    project: gatedProjection({ query: of("q_proj"), key: of("k_proj"), value: of("v_proj") }, heads),
    output: of("o_proj"),
    queryNorm: block.norm("layers.{n}.self_attn.q_norm"),
    keyNorm: block.norm("layers.{n}.self_attn.k_norm"),
    rotary,
  });
}
