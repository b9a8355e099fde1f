// ModernBERT's wiring (transformers' modeling_modernbert.py): norms before each half – but in front of the first, whose
// embeddings have one –, gated feed-forwards, and layers with a window that rotate faster than those without.

import { activations } from "../../parts/activations.ts";
import { fusedProjection, selfAttention } from "../../parts/attention/self-attention.ts";
import { fusedGatedFeedForward } from "../../parts/feed-forward.ts";
import type { PartList } from "../../parts/part-list.ts";
import { type RotaryFrequencies, rotaryOf } from "../../parts/positions/rotary-frequencies.ts";
import { decoderTrunk } from "../../parts/trunk/decoder-trunk.ts";
import { transformerBlock } from "../../parts/trunk/transformer-block.ts";
import type { Stage, Trunk } from "../../parts/trunk/trunk.ts";

export function modernbert(model: PartList): Trunk {
  const { config } = model.plan;
  const whole = rotaryOf(config);
  const local = rotaryOf(config, config.localRotary);
  return decoderTrunk(model, {
    tokens: "embeddings.tok_embeddings",
    embedding: (first) => ({ norm: first.norm("embeddings.norm") }),
    block: (block, layer) => modernbertBlock(block, layer, config.windows[layer] ? local : whole),
    norm: "final_norm",
  });
}

function modernbertBlock(block: PartList, layer: number, rotary: RotaryFrequencies): Stage {
  const { hiddenSize: width, heads, windows, dropouts, activation } = block.plan.config;
  const beforeAttention = block.optionalNorm("layers.{n}.attn_norm");
  const run = transformerBlock({
    ...(beforeAttention === undefined ? {} : { beforeAttention }),
    attention: selfAttention({
      layer,
      project: fusedProjection(block.linear("layers.{n}.attn.Wqkv"), [width, width, width]),
      output: block.linear("layers.{n}.attn.Wo"),
      heads,
      keyHeads: heads,
      rotary,
      window: windows[layer] ?? null,
      dropout: dropouts.attention,
    }),
    beforeFeedForward: block.norm("layers.{n}.mlp_norm"),
    feedForward: fusedGatedFeedForward(
      block.linear("layers.{n}.mlp.Wi"),
      activations[activation],
      block.linear("layers.{n}.mlp.Wo"),
      { rate: dropouts.activation, path: `layer.${layer}/feed-forward` },
    ),
    // What attention gives drops out at the rate of its weights.
    dropout: { rate: 0, attentionRate: dropouts.attention, path: `layer.${layer}` },
  });
  return { parts: block.parts, run };
}
