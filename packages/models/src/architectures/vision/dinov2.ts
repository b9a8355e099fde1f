// DINOv2's wiring, with and without registers (transformers' modeling_dinov2.py): ViT's sublayers with learned scales.

import { activations } from "../../parts/activations.ts";
import type { Backbone } from "../../parts/backbone/backbone.ts";
import type { TransformerBlockOptions } from "../../parts/backbone/transformer-block.ts";
import { dropPath } from "../../parts/drop-path.ts";
import { gatedFeedForward } from "../../parts/feed-forward.ts";
import type { PartList } from "../../parts/part-list.ts";
import type { Layer } from "../../parts/pass.ts";
import { learnedScale } from "../../parts/scaled-layer.ts";
import { vitAttention, vitBackbone, vitFeedForward } from "./vit.ts";

const path = "encoder.layer.{n}";

export function dinov2(model: PartList): Backbone {
  return vitBackbone(model, { block: dinov2Block, resampling: "bicubic" });
}

/** The same, but for images smaller than those of pretraining, positions are resampled with antialiasing. */
export function dinov2WithRegisters(model: PartList): Backbone {
  return vitBackbone(model, { block: dinov2Block, resampling: "antialiased" });
}

function dinov2Block(block: PartList, layer: number): TransformerBlockOptions {
  const { dropouts } = block.plan.config;
  const half = (inner: Layer, scale: string, name: string) =>
    dropPath(learnedScale(inner, block.tensor(`${path}.${scale}.lambda1`)), dropouts.path, `layer.${layer}/${name}`);
  return {
    beforeAttention: block.norm(`${path}.norm1`),
    attention: half(vitAttention(block, layer, path), "layer_scale1", "attention-path"),
    beforeFeedForward: block.norm(`${path}.norm2`),
    feedForward: half(dinov2FeedForward(block), "layer_scale2", "feed-forward-path"),
    // Whole sublayers are dropped, never parts of one.
    dropout: { rate: 0, path: `layer.${layer}` },
  };
}

function dinov2FeedForward(block: PartList): Layer {
  const { activation, switches } = block.plan.config;
  if (!switches.gatedFeedForward) return vitFeedForward(block, path);
  const of = (name: string) => block.linear(`${path}.mlp.${name}`);
  return gatedFeedForward({ gate: of("gate_proj"), up: of("up_proj") }, activations[activation], of("down_proj"));
}
