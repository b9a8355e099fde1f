// The wiring of LLaMA with mixtures of experts (transformers' modeling_mixtral.py, modeling_qwen2_moe.py, modeling_qwen3_moe.py and
// modeling_glm4_moe.py): a mixture replaces the feed-forward; some Qwen models have it only in some layers. Qwen 2 adds one expert that
// all tokens use, multiplied by a gate.

import * as tf from "@tensorflow/tfjs-core";
import { activations } from "../../parts/activations.ts";
import { halvesGate } from "../../parts/experts/expert-gates.ts";
import { expertMixture, type RoutingRule } from "../../parts/experts/expert-mixture.ts";
import { sigmoidRouting } from "../../parts/experts/sigmoid-routing.ts";
import { gatedFeedForward } from "../../parts/feed-forward.ts";
import type { PartList } from "../../parts/part-list.ts";
import type { Layer } from "../../parts/pass.ts";
import { scaledLayer } from "../../parts/scaled-layer.ts";
import { likeLlama, llamaAttention, llamaFeedForward, normsBefore } from "./like-llama.ts";

export const mixtral = likeLlama((block, layer, rotary) => ({
  attention: llamaAttention(block, layer, rotary),
  feedForward: feedForwardOrMixture(block, layer),
  ...normsBefore(block),
}));

/** A mixture in the layers that have a router. */
export function feedForwardOrMixture(block: PartList, layer: number): Layer {
  return block.has("layers.{n}.mlp.gate.weight") ? mixture(block, layer) : llamaFeedForward(block);
}

function mixture(block: PartList, layer: number): Layer {
  const chosen = chosenExperts(block, layer);
  const shared = sharedExpert(block);
  if (shared === undefined) return chosen;
  return scaledLayer(sumOf(chosen, shared), block.plan.config.switches.averagesSharedExperts ? 0.5 : null);
}

function chosenExperts(block: PartList, layer: number): Layer {
  const { activation, expertsPerToken, switches } = block.plan.config;
  const rule = bySigmoids(block);
  return expertMixture({
    path: `layers.${layer}.mlp.experts`,
    router: { weight: block.tensor("layers.{n}.mlp.gate.weight") },
    gateUp: { weight: block.tensor("layers.{n}.mlp.experts.gate_up_proj") },
    down: { weight: block.tensor("layers.{n}.mlp.experts.down_proj") },
    gate: halvesGate(activations[activation]),
    perToken: expertsPerToken,
    normTopkProb: switches.normTopkProb,
    ...(rule === undefined ? {} : { rule }),
  });
}

/** The rule of routers whose shares are sigmoids (DeepSeek, one setting of Cohere 2); undefined for others. */
function bySigmoids(block: PartList): RoutingRule | undefined {
  const { expertGroups, expertGroupsPerToken, switches, scalars } = block.plan.config;
  const scoreCorrectionBias = block.optionalTensor("layers.{n}.mlp.gate.e_score_correction_bias");
  if (scoreCorrectionBias === undefined && !switches.sigmoidRouting) return undefined;
  return sigmoidRouting({
    scoreCorrectionBias,
    groups: expertGroups,
    groupsPerToken: expertGroupsPerToken,
    normTopkProb: switches.normTopkProb,
    scale: scalars.routedScale ?? 1,
  });
}

/** σ(gate(x))·expert(x), or without the gate (DeepSeek) */
function sharedExpert(block: PartList): Layer | undefined {
  const hasGate = block.has("layers.{n}.mlp.shared_expert_gate");
  const path = hasGate ? "layers.{n}.mlp.shared_expert" : "layers.{n}.mlp.shared_experts";
  if (!block.has(`${path}.gate_proj`)) return undefined;
  const of = (name: string) => block.linear(`${path}.${name}`);
  const inputs = { gate: of("gate_proj"), up: of("up_proj") };
  const expert = gatedFeedForward(inputs, activations[block.plan.config.activation], of("down_proj"));
  if (!hasGate) return expert;
  const gate = block.linear("layers.{n}.mlp.shared_expert_gate");
  return (hidden, pass) => tf.tidy(() => tf.mul(tf.sigmoid(gate.forward(hidden, pass.context)), expert(hidden, pass)));
}

export function sumOf(first: Layer, second: Layer): Layer {
  return (hidden, pass) => tf.tidy(() => tf.add(first(hidden, pass), second(hidden, pass)));
}
