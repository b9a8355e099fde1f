// GPT-OSS's wiring (transformers' modeling_gpt_oss.py): LLaMA with sinks of attention, windows in some layers, and a mixture whose
// linear layers have biases.

import { clampedGate } from "../../parts/experts/expert-gates.ts";
import { expertMixture } from "../../parts/experts/expert-mixture.ts";
import type { PartList } from "../../parts/part-list.ts";
import type { Layer } from "../../parts/pass.ts";
import { likeLlama, llamaAttention, normsBefore } from "./like-llama.ts";

export const gptOss = likeLlama((block, layer, rotary) => ({
  attention: llamaAttention(block, layer, rotary, { sinks: block.tensor("layers.{n}.self_attn.sinks") }),
  feedForward: gptOssExperts(block, layer),
  ...normsBefore(block),
}));

function gptOssExperts(block: PartList, layer: number): Layer {
  const { expertsPerToken, scalars } = block.plan.config;
  const tensor = (name: string) => block.tensor(`layers.{n}.mlp.${name}`);
  const linear = (name: string) => ({ weight: tensor(name), bias: tensor(`${name}_bias`), isInOut: true });
  return expertMixture({
    path: `layers.${layer}.mlp.experts`,
    router: { weight: tensor("router.weight"), bias: tensor("router.bias") },
    gateUp: linear("experts.gate_up_proj"),
    down: linear("experts.down_proj"),
    gate: clampedGate(scalars.swigluAlpha ?? 1, scalars.gateLimit ?? Number.POSITIVE_INFINITY),
    perToken: expertsPerToken,
    normTopkProb: true,
  });
}
