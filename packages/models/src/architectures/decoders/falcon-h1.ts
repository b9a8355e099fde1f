// Falcon H1's wiring (transformers' modeling_falcon_h1.py): attention and Mamba-2 read the same norm, and their outputs are added.

import { forwardTogether } from "@lowrank/engine/hook-points/internal";
import * as tf from "@tensorflow/tfjs-core";
import { activations } from "../../parts/activations.ts";
import type { PartList } from "../../parts/part-list.ts";
import type { Layer } from "../../parts/pass.ts";
import { mambaOf } from "./granite-moe-hybrid.ts";
import { likeLlama, llamaAttention } from "./like-llama.ts";
import { sumOf } from "./mixtral.ts";

export const falconH1 = likeLlama((block, layer, rotary) => {
  const { scalars } = block.plan.config;
  const inputScales = [
    scalars.memoryGateScale,
    scalars.memoryValueScale,
    scalars.memoryKeyScale,
    scalars.memoryQueryScale,
    scalars.memoryStepScale,
  ].map((scale) => scale ?? 1);
  const mamba = mambaOf(block, layer, { inputScales });
  const attention = llamaAttention(block, layer, rotary);
  return {
    attention: sumOf(
      scaledAround(mamba, scalars.memoryInputScale, scalars.memoryOutputScale),
      scaledAround(attention, scalars.attentionInputScale, scalars.attentionOutputScale),
    ),
    feedForward: feedForward(block),
    beforeAttention: block.norm("layers.{n}.input_layernorm"),
    beforeFeedForward: block.norm("layers.{n}.pre_ff_layernorm"),
  };
}, "final_layernorm");

function scaledAround(layer: Layer, input: number | null, output: number | null): Layer {
  return (hidden, pass) => tf.tidy(() => tf.mul(layer(tf.mul(hidden, input ?? 1), pass), output ?? 1));
}

/** down(activation(gate(x)·gateScale)·up(x))·downScale */
function feedForward(block: PartList): Layer {
  const { activation, scalars } = block.plan.config;
  const of = (name: string) => block.linear(`layers.{n}.feed_forward.${name}_proj`);
  const [gateAndUp, down] = [[of("gate"), of("up")], of("down")] as const;
  return (hidden, { context }) =>
    tf.tidy(() => {
      const [gate, up] = forwardTogether(gateAndUp, hidden, context) as [tf.Tensor, tf.Tensor]; // two sites give two tensors
      const gated = activations[activation].gate(tf.mul(gate, scalars.gateScale ?? 1), up);
      return tf.mul(down.forward(gated, context), scalars.downScale ?? 1);
    });
}
