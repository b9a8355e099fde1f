// The wiring of LLaMA and its relatives (transformers' modeling_<family>.py): rotary positions, two sublayers with norms
// around them, shared key heads, mostly a gated feed-forward.

import * as tf from "@tensorflow/tfjs-core";
import { activations } from "../../parts/activations.ts";
import type { SelfAttentionOptions } from "../../parts/attention/attention-options.ts";
import { fusedProjection, normedProjection } from "../../parts/attention/self-attention.ts";
import type { Backbone } from "../../parts/backbone/backbone.ts";
import {
  attentionOf,
  decoderBackbone,
  feedForwardOf,
  projectionsBelow,
} from "../../parts/backbone/decoder-backbone.ts";
import type { TransformerBlockOptions } from "../../parts/backbone/transformer-block.ts";
import { fusedGatedFeedForward, gatedFeedForward } from "../../parts/feed-forward.ts";
import { plainNorm } from "../../parts/norm.ts";
import type { PartList } from "../../parts/part-list.ts";
import type { Layer } from "../../parts/pass.ts";
import { type RotaryFrequencies, rotaryOfLayers } from "../../parts/positions/rotary-frequencies.ts";
import { scaledLayer } from "../../parts/scaled-layer.ts";

type RotatingBlock = (block: PartList, layer: number, rotary: RotaryFrequencies) => TransformerBlockOptions;

/** A decoder whose embedding, norm and layers have LLaMA's names. */
export function likeLlama(block: RotatingBlock, norm = "norm"): (model: PartList) => Backbone {
  return (model) => {
    const rotary = rotaryOfLayers(model.plan.config);
    return decoderBackbone(model, {
      tokens: "embed_tokens",
      block: (parts, layer) => block(parts, layer, rotary(layer)),
      norm,
    });
  };
}

/**
 * Mistral, Qwen, Gemma, Granite, SmolLM3 and OLMo differ from LLaMA only in their tables: windows, layers without rotation,
 * biases, norms of queries and keys, norms without weights, gains, scaling factors.
 */
export const llama = likeLlama((block, layer, rotary) => {
  const { normEpsilon, scalars } = block.plan.config;
  const norm = (path: string) => block.optionalNorm(path) ?? plainNorm(normEpsilon);
  return {
    attention: scaledLayer(llamaAttention(block, layer, rotary), scalars.residualScale),
    feedForward: scaledLayer(llamaFeedForward(block), scalars.residualScale),
    beforeAttention: norm("layers.{n}.input_layernorm"),
    beforeFeedForward: norm("layers.{n}.post_attention_layernorm"),
  };
});

/** EXAONE 4: LLaMA's sublayers, with a norm after each instead of before. */
export const exaone4 = likeLlama((block, layer, rotary) => ({
  attention: llamaAttention(block, layer, rotary),
  feedForward: llamaFeedForward(block),
  ...normsBehind(block),
}));

/** Gemma 2: a norm before and after each sublayer. Gemma 3 also rotates layers with a window at another speed. */
export const gemma2 = likeLlama((block, layer, rotary) => ({
  attention: llamaAttention(block, layer, rotary),
  feedForward: llamaFeedForward(block),
  beforeAttention: block.norm("layers.{n}.input_layernorm"),
  afterAttention: block.norm("layers.{n}.post_attention_layernorm"),
  beforeFeedForward: block.norm("layers.{n}.pre_feedforward_layernorm"),
  afterFeedForward: block.norm("layers.{n}.post_feedforward_layernorm"),
}));

/** GLM-4: norms around each sublayer, a fused feed-forward. */
export const glm4 = likeLlama((block, layer, rotary) => {
  const feedForward = fusedFeedForward(block);
  return {
    attention: llamaAttention(block, layer, rotary, { rotaryInterleaved: true }),
    feedForward,
    beforeAttention: block.norm("layers.{n}.input_layernorm"),
    afterAttention: block.norm("layers.{n}.post_self_attn_layernorm"),
    beforeFeedForward: block.norm("layers.{n}.post_attention_layernorm"),
    afterFeedForward: block.norm("layers.{n}.post_mlp_layernorm"),
  };
});

/** HyperCLOVA X: Granite's sublayers, with a norm after each before it is scaled. */
export const hyperclovax = likeLlama((block, layer, rotary) => {
  const attention = llamaAttention(block, layer, rotary);
  const feedForward = llamaFeedForward(block);
  const { residualScale } = block.plan.config.scalars;
  return {
    ...normsBefore(block),
    attention: scaledLayer(normedLayer(block, attention, "layers.{n}.post_norm1"), residualScale),
    feedForward: scaledLayer(normedLayer(block, feedForward, "layers.{n}.post_norm2"), residualScale),
  };
});

/** StableLM: LLaMA's sublayers, one after the other or both on the first norm. */
export const stablelm = likeLlama((block, layer, rotary) => {
  const attention = llamaAttention(block, layer, rotary);
  const feedForward = llamaFeedForward(block);
  const beforeAttention = block.norm("layers.{n}.input_layernorm");
  return {
    attention,
    feedForward,
    beforeAttention,
    beforeFeedForward: block.optionalNorm("layers.{n}.post_attention_layernorm") ?? beforeAttention,
    residual: block.plan.config.switches.parallelResidual ? "parallel" : "sequential",
  };
});

/** StarCoder 2: LLaMA's attention, layer norms, a plain feed-forward. */
export const starcoder2 = likeLlama((block, layer, rotary) => ({
  attention: llamaAttention(block, layer, rotary),
  feedForward: feedForwardOf(block, ["layers.{n}.mlp.c_fc", "layers.{n}.mlp.c_proj"]),
  ...normsBefore(block),
}));

/** OLMo 2: norms of whole queries and keys, and after each sublayer. OLMo 3 has windows in some layers. */
export const olmo2 = likeLlama((block, layer, rotary) => {
  const projections = projectionsBelow(block, "layers.{n}.self_attn");
  const attention = attentionOf(block, layer, {
    output: block.linear("layers.{n}.self_attn.o_proj"),
    project: normedProjection(projections, {
      query: block.norm("layers.{n}.self_attn.q_norm"),
      key: block.norm("layers.{n}.self_attn.k_norm"),
    }),
    rotary,
    window: block.plan.config.windows[layer] ?? null,
  });
  return { attention, feedForward: llamaFeedForward(block), ...normsBehind(block) };
});

/** Phi: both sublayers read the same norm of the block's input. */
export const phi = likeLlama((block, layer, rotary) => {
  const attention = attentionOf(block, layer, {
    project: projectionsBelow(block, "layers.{n}.self_attn"),
    output: block.linear("layers.{n}.self_attn.dense"),
    queryNorm: block.optionalNorm("layers.{n}.self_attn.q_layernorm"),
    keyNorm: block.optionalNorm("layers.{n}.self_attn.k_layernorm"),
    rotary,
  });
  const feedForward = feedForwardOf(block, ["layers.{n}.mlp.fc1", "layers.{n}.mlp.fc2"]);
  const norm = block.norm("layers.{n}.input_layernorm");
  return { attention, feedForward, beforeAttention: norm, beforeFeedForward: norm, residual: "parallel" };
}, "final_layernorm");

/** Phi 3: LLaMA with fused matrices. */
export const phi3 = likeLlama((block, layer, rotary) => {
  const { heads, keyValueHeads, headSize, windows } = block.plan.config;
  const keyWidth = keyValueHeads * headSize;
  const widths = [heads * headSize, keyWidth, keyWidth] as const;
  return {
    attention: attentionOf(block, layer, {
      project: fusedProjection(block.linear("layers.{n}.self_attn.qkv_proj"), widths),
      output: block.linear("layers.{n}.self_attn.o_proj"),
      rotary,
      window: windows[layer] ?? null,
    }),
    feedForward: fusedFeedForward(block),
    ...normsBefore(block),
  };
});

export function llamaAttention(
  block: PartList,
  layer: number,
  rotary: RotaryFrequencies,
  { rotaryInterleaved = false, sinks }: Pick<SelfAttentionOptions, "rotaryInterleaved" | "sinks"> = {},
): Layer {
  const { config } = block.plan;
  const { scoreCap, scoreWidth, scoreScale } = config.scalars;
  return attentionOf(block, layer, {
    project: projectionsBelow(block, "layers.{n}.self_attn"),
    output: block.linear("layers.{n}.self_attn.o_proj"),
    queryNorm: block.optionalNorm("layers.{n}.self_attn.q_norm"),
    keyNorm: block.optionalNorm("layers.{n}.self_attn.k_norm"),
    ...(config.rotatingLayers[layer] ? { rotary, rotaryInterleaved } : {}),
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

export function normsBefore(block: PartList) {
  return {
    beforeAttention: block.norm("layers.{n}.input_layernorm"),
    beforeFeedForward: block.norm("layers.{n}.post_attention_layernorm"),
  };
}

function normsBehind(block: PartList) {
  return {
    afterAttention: block.norm("layers.{n}.post_attention_layernorm"),
    afterFeedForward: block.norm("layers.{n}.post_feedforward_layernorm"),
  };
}

function fusedFeedForward(block: PartList): Layer {
  return fusedGatedFeedForward(
    block.linear("layers.{n}.mlp.gate_up_proj"),
    activations[block.plan.config.activation],
    block.linear("layers.{n}.mlp.down_proj"),
  );
}

/** The layer with its norm; the layer alone if the model has no such norm. */
function normedLayer(block: PartList, layer: Layer, path: string): Layer {
  const norm = block.optionalNorm(path);
  if (norm === undefined) return layer;
  return (hidden, pass) => tf.tidy(() => norm.forward(layer(hidden, pass), pass.context));
}
