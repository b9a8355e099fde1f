// LLaMA's wiring (transformers' modeling_llama.py): rotating positions, RMS norms before each half, shared key heads, a
// gated feed-forward. Mistral, Qwen, Gemma, Granite, SmolLM3 and OLMo differ from it only in what their tables say: windows,
// layers that do not rotate, biases, norms of queries and keys, norms without weights, gains, numbers that scale.

import { activations } from "../../../parts/activations.ts";
import type { SelfAttentionOptions } from "../../../parts/attention/attention-options.ts";
import { selfAttention, separateProjections } from "../../../parts/attention/self-attention.ts";
import { gatedFeedForward } from "../../../parts/feed-forward.ts";
import { plainNorm } from "../../../parts/norm.ts";
import type { PartList } from "../../../parts/part-list.ts";
import type { Layer } from "../../../parts/pass.ts";
import { type RotaryFrequencies, rotaryOf } from "../../../parts/positions/rotary-frequencies.ts";
import { scaledLayer } from "../../../parts/scaled-layer.ts";
import { decoderTrunk } from "../../../parts/trunk/decoder-trunk.ts";
import { transformerBlock } from "../../../parts/trunk/transformer-block.ts";
import type { Stage, Trunk } from "../../../parts/trunk/trunk.ts";

export function llama(model: PartList): Trunk {
  const rotary = rotaryOf(model.plan.config);
  return decoderTrunk(model, {
    tokens: "embed_tokens",
    block: (block, layer) => llamaBlock(block, layer, rotary),
    norm: "norm",
  });
}

function llamaBlock(block: PartList, layer: number, rotary: RotaryFrequencies): Stage {
  const { normEpsilon, scalars } = block.plan.config;
  const norm = (path: string) => block.optionalNorm(path) ?? plainNorm(normEpsilon);
  const run = transformerBlock({
    attention: scaledLayer(llamaAttention(block, layer, rotary), scalars.residualScale),
    feedForward: scaledLayer(llamaFeedForward(block), scalars.residualScale),
    beforeAttention: norm("layers.{n}.input_layernorm"),
    beforeFeedForward: norm("layers.{n}.post_attention_layernorm"),
  });
  return { parts: block.parts, run };
}

export function llamaAttention(
  block: PartList,
  layer: number,
  rotary: RotaryFrequencies,
  { rotaryInterleaved = false, sinks }: Pick<SelfAttentionOptions, "rotaryInterleaved" | "sinks"> = {},
): Layer {
  const { config } = block.plan;
  const { scoreCap, scoreWidth, scoreScale } = config.scalars;
  return selfAttention({
    layer,
    project: separateProjections(
      block.linear("layers.{n}.self_attn.q_proj"),
      block.linear("layers.{n}.self_attn.k_proj"),
      block.linear("layers.{n}.self_attn.v_proj"),
    ),
    output: block.linear("layers.{n}.self_attn.o_proj"),
    queryNorm: block.optionalNorm("layers.{n}.self_attn.q_norm"),
    keyNorm: block.optionalNorm("layers.{n}.self_attn.k_norm"),
    heads: config.heads,
    keyHeads: config.keyValueHeads,
    ...(config.rotatingLayers[layer] ? { rotary, rotaryInterleaved } : {}),
    dropout: config.dropouts.attention,
    window: config.windows[layer] ?? null,
    scale: scoreScale ?? 1 / Math.sqrt(scoreWidth ?? config.headSize),
    cap: scoreCap,
    sinks,
  });
}

export function llamaFeedForward(block: PartList): Layer {
  return gatedFeedForward(
    { gate: block.linear("layers.{n}.mlp.gate_proj"), up: block.linear("layers.{n}.mlp.up_proj") },
    activations[block.plan.config.activation],
    block.linear("layers.{n}.mlp.down_proj"),
  );
}
