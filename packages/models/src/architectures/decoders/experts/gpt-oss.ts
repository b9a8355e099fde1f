// GPT-OSS's wiring (transformers' modeling_gpt_oss.py): LLaMA with sinks of attention, windows in some layers, and a mixture whose
// maps have biases.

import { clampedGate } from "../../../parts/experts/expert-gates.ts";
import { expertMixture } from "../../../parts/experts/expert-mixture.ts";
import type { PartList } from "../../../parts/part-list.ts";
import type { Layer } from "../../../parts/pass.ts";
import { type RotaryFrequencies, rotaryOf } from "../../../parts/positions/rotary-frequencies.ts";
import { decoderTrunk } from "../../../parts/trunk/decoder-trunk.ts";
import { transformerBlock } from "../../../parts/trunk/transformer-block.ts";
import type { Stage, Trunk } from "../../../parts/trunk/trunk.ts";
import { llamaAttention } from "../like-llama/llama.ts";

export function gptOss(model: PartList): Trunk {
  const rotary = rotaryOf(model.plan.config);
  return decoderTrunk(model, {
    tokens: "embed_tokens",
    block: (block, layer) => gptOssBlock(block, layer, rotary),
    norm: "norm",
  });
}

function gptOssBlock(block: PartList, layer: number, rotary: RotaryFrequencies): Stage {
  const run = transformerBlock({
    attention: llamaAttention(block, layer, rotary, { sinks: block.tensor("layers.{n}.self_attn.sinks") }),
    feedForward: gptOssExperts(block, layer),
    beforeAttention: block.norm("layers.{n}.input_layernorm"),
    beforeFeedForward: block.norm("layers.{n}.post_attention_layernorm"),
  });
  return { parts: block.parts, run };
}

function gptOssExperts(block: PartList, layer: number): Layer {
  const { expertsPerToken, scalars } = block.plan.config;
  const tensor = (name: string) => block.tensor(`layers.{n}.mlp.${name}`);
  const linear = (name: string) => ({ weight: tensor(name), bias: tensor(`${name}_bias`), isInOut: true });
  return expertMixture({
    path: `layers.${layer}.mlp.experts`,
    router: { weight: tensor("router.weight"), bias: tensor("router.bias") },
    gateUp: linear("experts.gate_up_proj"),
    down: linear("experts.down_proj"),
    gate: clampedGate(scalars.gateSteepness ?? 1, scalars.gateLimit ?? Number.POSITIVE_INFINITY),
    perToken: expertsPerToken,
    sharesAddUp: true,
  });
}
