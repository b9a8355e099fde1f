// HyperCLOVA X's wiring (transformers' modeling_hyperclovax.py): Granite's halves, with a norm behind each before it is scaled.

import * as tf from "@tensorflow/tfjs-core";
import type { PartList } from "../../../parts/part-list.ts";
import type { Layer } from "../../../parts/pass.ts";
import { type RotaryFrequencies, rotaryOf } from "../../../parts/positions/rotary-frequencies.ts";
import { scaledLayer } from "../../../parts/scaled-layer.ts";
import { decoderTrunk } from "../../../parts/trunk/decoder-trunk.ts";
import { transformerBlock } from "../../../parts/trunk/transformer-block.ts";
import type { Stage, Trunk } from "../../../parts/trunk/trunk.ts";
import { llamaAttention, llamaFeedForward } from "./llama.ts";

export function hyperclovax(model: PartList): Trunk {
  const rotary = rotaryOf(model.plan.config);
  return decoderTrunk(model, {
    tokens: "embed_tokens",
    block: (block, layer) => hyperclovaxBlock(block, layer, rotary),
    norm: "norm",
  });
}

function hyperclovaxBlock(block: PartList, layer: number, rotary: RotaryFrequencies): Stage {
  const attention = llamaAttention(block, layer, rotary);
  const feedForward = llamaFeedForward(block);
  const { residualScale } = block.plan.config.scalars;
  const run = transformerBlock({
    beforeAttention: block.norm("layers.{n}.input_layernorm"),
    beforeFeedForward: block.norm("layers.{n}.post_attention_layernorm"),
    attention: scaledLayer(normedLayer(block, attention, "layers.{n}.post_norm1"), residualScale),
    feedForward: scaledLayer(normedLayer(block, feedForward, "layers.{n}.post_norm2"), residualScale),
  });
  return { parts: block.parts, run };
}

/** The layer itself where the model has no such norm. */
function normedLayer(block: PartList, layer: Layer, path: string): Layer {
  const norm = block.optionalNorm(path);
  if (norm === undefined) return layer;
  return (hidden, pass) => tf.tidy(() => norm.forward(layer(hidden, pass), pass.context));
}
