// Granite 4's wiring (transformers' modeling_granitemoehybrid.py): Granite with Mamba-2 instead of attention in most layers, and in
// some sizes experts next to the feed-forward.

import { activations } from "../../parts/activations.ts";
import { halvesGate } from "../../parts/experts/expert-gates.ts";
import { expertMixture } from "../../parts/experts/expert-mixture.ts";
import { fusedGatedFeedForward } from "../../parts/feed-forward.ts";
import type { PartList } from "../../parts/part-list.ts";
import type { Layer } from "../../parts/pass.ts";
import { type Mamba2Options, mamba2 } from "../../parts/recurrent/mamba2.ts";
import { scaledLayer } from "../../parts/scaled-layer.ts";
import { likeLlama, llamaAttention, normsBefore } from "./like-llama.ts";
import { sumOf } from "./mixtral.ts";

export const graniteMoeHybrid = likeLlama((block, layer, rotary) => {
  const { layerKinds, scalars } = block.plan.config;
  const hasMemory = layerKinds[layer] === "memory";
  return {
    attention: scaledLayer(
      hasMemory ? mambaOf(block, layer) : llamaAttention(block, layer, rotary),
      scalars.residualScale,
    ),
    feedForward: scaledLayer(feedForward(block, layer), scalars.residualScale),
    ...normsBefore(block),
  };
});

/** The Mamba-2 layer at `mamba`. */
export function mambaOf(block: PartList, layer: number, options: Partial<Mamba2Options> = {}): Layer {
  const { config } = block.plan;
  const of = (name: string) => `layers.{n}.mamba.${name}`;
  const gain = block.optionalTensor(of("norm.weight"));
  return mamba2({
    layer,
    input: block.linear(of("in_proj")),
    taps: block.tensor(of("conv1d.weight")),
    tapsBias: block.optionalTensor(of("conv1d.bias")),
    stepBias: block.tensor(of("dt_bias")),
    decayRate: block.tensor(of("A_log")),
    skip: block.tensor(of("D")),
    activation: activations[config.activation],
    norm: gain && { gain, epsilon: config.normEpsilon, isBeforeGate: config.switches.normBefore },
    output: block.linear(of("out_proj")),
    heads: config.memoryHeads,
    groups: config.memoryKeyHeads,
    stateSize: config.memoryKeySize,
    valueSize: config.memoryValueSize,
    ...options,
  });
}

function feedForward(block: PartList, layer: number): Layer {
  const { activation, expertsPerToken } = block.plan.config;
  const linear = (name: string) => block.linear(`layers.{n}.shared_mlp.${name}_linear`);
  const shared = fusedGatedFeedForward(linear("input"), activations[activation], linear("output"));
  const of = (name: string) => `layers.{n}.block_sparse_moe.${name}`;
  if (!block.has(of("router.weight"))) return shared;
  const chosen = expertMixture({
    path: `layers.${layer}.block_sparse_moe.experts`,
    router: { weight: block.tensor(of("router.weight")) },
    gateUp: { weight: block.tensor(of("experts.gate_up_proj")) },
    down: { weight: block.tensor(of("experts.down_proj")) },
    gate: halvesGate(activations[activation]),
    perToken: expertsPerToken,
    normTopkProb: true,
  });
  return sumOf(chosen, shared);
}
