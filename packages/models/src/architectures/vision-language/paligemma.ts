// The wiring of PaliGemma (transformers' modeling_paligemma.py): SigLIP's encoder of images, one linear layer, and Gemma 1 or 2, in
// which the tokens of a prompt see each other.

import { probed } from "../../heads/families/tower-heads.ts";
import type { Backbone } from "../../parts/backbone/backbone.ts";
import { withImageTokens } from "../../parts/embedding/image-tokens.ts";
import type { PartList } from "../../parts/part-list.ts";
import type { Layer } from "../../parts/pass.ts";
import { gemma2, llama } from "../decoders/like-llama.ts";
import { visionTower } from "../vision/clip.ts";

export function paligemma(model: PartList): Backbone {
  const tower = model.tower("model.vision_tower");
  const images = visionTower(tower);
  // Files may have it, and it can be adapted, but nothing reads it.
  if (tower.has("head.probe")) probed(tower);
  const text = model.plan.config.switches.normAfter ? gemma2(model) : llama(model);
  const connector = model.group();
  const projection = connector.linear("model.multi_modal_projector.linear");
  const connect: Layer = (patches, { context }) => projection.forward(patches, context);
  const stages = [...images.stages, { parts: connector.parts, run: connect }];
  return {
    ...withImageTokens(text, { images: { ...images, stages }, config: tower.plan.config }),
    seesWhole: "prompt",
  };
}
