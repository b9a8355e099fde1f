// ModernBERT's wiring (transformers' modeling_modernbert.py): a norm before each sublayer – except the first, whose input
// was normalized by the embeddings –, gated feed-forwards, and layers with a window that rotate faster than the others.

import { activations } from "../../parts/activations.ts";
import { fusedProjection } from "../../parts/attention/self-attention.ts";
import type { Backbone } from "../../parts/backbone/backbone.ts";
import { attentionOf, decoderBackbone } from "../../parts/backbone/decoder-backbone.ts";
import { fusedGatedFeedForward } from "../../parts/feed-forward.ts";
import type { PartList } from "../../parts/part-list.ts";
import { rotaryOf } from "../../parts/positions/rotary-frequencies.ts";

export function modernbert(model: PartList): Backbone {
  const { config } = model.plan;
  const { hiddenSize: width, windows, dropouts, activation } = config;
  const globalRotary = rotaryOf(config);
  const localRotary = rotaryOf(config, config.localRotary);
  return decoderBackbone(model, {
    tokens: "embeddings.tok_embeddings",
    embedding: (embedGroup) => ({ norm: embedGroup.norm("embeddings.norm") }),
    block: (block, layer) => {
      const beforeAttention = block.optionalNorm("layers.{n}.attn_norm");
      return {
        ...(beforeAttention === undefined ? {} : { beforeAttention }),
        attention: attentionOf(block, layer, {
          project: fusedProjection(block.linear("layers.{n}.attn.Wqkv"), [width, width, width]),
          output: block.linear("layers.{n}.attn.Wo"),
          rotary: windows[layer] ? localRotary : globalRotary,
          window: windows[layer] ?? null,
        }),
        beforeFeedForward: block.norm("layers.{n}.mlp_norm"),
        feedForward: fusedGatedFeedForward(
          block.linear("layers.{n}.mlp.Wi"),
          activations[activation],
          block.linear("layers.{n}.mlp.Wo"),
          { rate: dropouts.activation, path: `layer.${layer}/feed-forward` },
        ),
        // The output of attention has the same dropout rate as its weights.
        dropout: { rate: 0, attentionRate: dropouts.attention, path: `layer.${layer}` },
      };
    },
    norm: "final_norm",
  });
}
