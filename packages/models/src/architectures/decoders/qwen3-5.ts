// Qwen 3.5's wiring (transformers' modeling_qwen3_5.py): LLaMA with gated delta nets instead of attention in most layers,
// and a gate after attention in the others. Its relatives have a mixture of experts as feed-forward.

import { activations } from "../../parts/activations.ts";
import { gatedProjection } from "../../parts/attention/gated-projection.ts";
import { attentionOf } from "../../parts/backbone/decoder-backbone.ts";
import type { PartList } from "../../parts/part-list.ts";
import type { Layer } from "../../parts/pass.ts";
import type { RotaryFrequencies } from "../../parts/positions/rotary-frequencies.ts";
import {
  gatedDeltaNet,
  groupedMemoryInputs,
  type MemoryProjection,
  separateMemoryInputs,
} from "../../parts/recurrent/gated-delta-net.ts";
import { likeLlama, normsBefore } from "./like-llama.ts";
import { feedForwardOrMixture } from "./mixtral.ts";

export const qwen35 = likeLlama((block, layer, rotary) => {
  const hasMemory = block.plan.config.layerKinds[layer] === "memory";
  return {
    attention: hasMemory ? deltaNet(block, layer) : attention(block, layer, rotary),
    feedForward: feedForwardOrMixture(block, layer),
    ...normsBefore(block),
  };
});

function deltaNet(block: PartList, layer: number): Layer {
  const { activation } = block.plan.config;
  const of = (name: string) => `layers.{n}.linear_attn.${name}`;
  return gatedDeltaNet({
    layer,
    project: memoryInputs(block),
    decayBias: block.tensor(of("dt_bias")),
    decayRate: block.tensor(of("A_log")),
    taps: block.tensor(of("conv1d.weight")),
    activation: activations[activation],
    norm: block.norm(of("norm")),
    output: block.linear(of("out_proj")),
    ...memorySizes(block),
  });
}

function memorySizes({ plan: { config } }: PartList) {
  const { memoryHeads: heads, memoryKeyHeads: keyHeads, memoryKeySize: keySize, memoryValueSize: valueSize } = config;
  return { heads, keyHeads, keySize, valueSize };
}

/** Qwen 3 Next's projections are fused. */
function memoryInputs(block: PartList): MemoryProjection {
  const of = (name: string) => block.linear(`layers.{n}.linear_attn.in_proj_${name}`);
  if (!block.has("layers.{n}.linear_attn.in_proj_qkvz"))
    return separateMemoryInputs([of("qkv"), of("z"), of("b"), of("a")]);
  return groupedMemoryInputs({ inputs: of("qkvz"), rates: of("ba") }, memorySizes(block));
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
