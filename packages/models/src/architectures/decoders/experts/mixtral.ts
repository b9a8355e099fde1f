// The wiring of mixtures that are LLaMA otherwise (transformers' modeling_mixtral.py, modeling_qwen2_moe.py and
// modeling_qwen3_moe.py): a mixture in place of the feed-forward, in some of Qwen's in some layers only. In Qwen 2 all tokens share
// one more expert, through a gate.

import * as tf from "@tensorflow/tfjs-core";
import { activations } from "../../../parts/activations.ts";
import { halvesGate } from "../../../parts/experts/expert-gates.ts";
import { expertMixture } from "../../../parts/experts/expert-mixture.ts";
import { gatedFeedForward } from "../../../parts/feed-forward.ts";
import type { PartList } from "../../../parts/part-list.ts";
import type { Layer } from "../../../parts/pass.ts";
import { type RotaryFrequencies, rotaryOf } from "../../../parts/positions/rotary-frequencies.ts";
import { decoderTrunk } from "../../../parts/trunk/decoder-trunk.ts";
import { transformerBlock } from "../../../parts/trunk/transformer-block.ts";
import type { Stage, Trunk } from "../../../parts/trunk/trunk.ts";
import { llamaAttention, llamaFeedForward } from "../like-llama/llama.ts";

export function mixtral(model: PartList): Trunk {
  const rotary = rotaryOf(model.plan.config);
  return decoderTrunk(model, {
    tokens: "embed_tokens",
    block: (block, layer) => mixtralBlock(block, layer, rotary),
    norm: "norm",
  });
}

function mixtralBlock(block: PartList, layer: number, rotary: RotaryFrequencies): Stage {
  const attention = llamaAttention(block, layer, rotary);
  const run = transformerBlock({
    attention,
    feedForward: block.has("layers.{n}.mlp.gate.weight") ? mixture(block, layer) : llamaFeedForward(block),
    beforeAttention: block.norm("layers.{n}.input_layernorm"),
    beforeFeedForward: block.norm("layers.{n}.post_attention_layernorm"),
  });
  return { parts: block.parts, run };
}

function mixture(block: PartList, layer: number): Layer {
  const chosen = chosenExperts(block, layer);
  const shared = sharedExpert(block);
  return shared === undefined ? chosen : sumOf(chosen, shared);
}

function chosenExperts(block: PartList, layer: number): Layer {
  const { activation, expertsPerToken, switches } = block.plan.config;
  return expertMixture({
    path: `layers.${layer}.mlp.experts`,
    router: { weight: block.tensor("layers.{n}.mlp.gate.weight") },
    gateUp: { weight: block.tensor("layers.{n}.mlp.experts.gate_up_proj") },
    down: { weight: block.tensor("layers.{n}.mlp.experts.down_proj") },
    gate: halvesGate(activations[activation]),
    perToken: expertsPerToken,
    sharesAddUp: switches.sharesAddUp,
  });
}

/** σ(gate(x))·expert(x) */
function sharedExpert(block: PartList): Layer | undefined {
  if (!block.has("layers.{n}.mlp.shared_expert_gate")) return undefined;
  const of = (name: string) => block.linear(`layers.{n}.mlp.shared_expert.${name}`);
  const maps = { gate: of("gate_proj"), up: of("up_proj") };
  const expert = gatedFeedForward(maps, activations[block.plan.config.activation], of("down_proj"));
  const gate = block.linear("layers.{n}.mlp.shared_expert_gate");
  return (hidden, pass) => tf.tidy(() => tf.mul(tf.sigmoid(gate.forward(hidden, pass.context)), expert(hidden, pass)));
}

function sumOf(one: Layer, other: Layer): Layer {
  return (hidden, pass) => tf.tidy(() => tf.add(one(hidden, pass), other(hidden, pass)));
}
