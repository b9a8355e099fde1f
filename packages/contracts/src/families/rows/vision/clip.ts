// CLIP (Radford et al. 2021), as transformers' modeling_clip.py names it: an encoder of images and one of texts, whose states are
// projected to a common space. Each tower is also a family of its own.

import type { Family } from "../../family.ts";
import { layerSizesOr, linearRows, parameterRow } from "../shared/module-rows.ts";
import { pairOfTowers, textSizes, textTower, visionTower } from "../shared/tower-rows.ts";

const projectionSize = { keys: ["projection_dim"], fallback: 512 } as const;
const projection = { bias: false, layout: "out-in" } as const;
const textProjection = linearRows(projection, [["text_projection", "hidden", "projection"]]);
const imageProjection = linearRows(projection, [["visual_projection", "hidden", "projection"]]);

/** The tables of `clip_text_model`. */
export const clipText: Family = {
  ...textTower({
    modelType: "clip_text_model",
    causal: true,
    activation: "quick_gelu",
    epsilon: 1e-5,
    sizes: {
      ...layerSizesOr({ hidden: 512, intermediate: 2048, layers: 12, heads: 8 }),
      ...textSizes(49_408, 77),
      projectionSize,
    },
  }),
  basePrefix: "text_model",
  architectures: new Map([
    ["CLIPTextModelWithProjection", "text-embedding"],
    ["CLIPTextModel", "feature-extraction"],
  ]),
  heads: { "text-embedding": { linears: textProjection } },
};

/** The tables of `clip_vision_model`. */
export const clipVision: Family = {
  ...visionTower({
    modelType: "clip_vision_model",
    activation: "quick_gelu",
    epsilon: 1e-5,
    sizes: {
      ...layerSizesOr({ hidden: 768, intermediate: 3072, layers: 12, heads: 12 }),
      patchSize: { keys: ["patch_size"], fallback: 32, element: 0 },
      projectionSize,
    },
    hasClassToken: true,
    // The first is transformers' own spelling.
    norms: ["pre_layrnorm", "post_layernorm"],
  }),
  basePrefix: "vision_model",
  architectures: new Map([
    ["CLIPVisionModelWithProjection", "image-embedding"],
    ["CLIPVisionModel", "feature-extraction"],
  ]),
  heads: { "image-embedding": { linears: imageProjection } },
};

/** The tables of `clip`. */
export const clip = pairOfTowers({
  modelType: "clip",
  name: "CLIP",
  towers: [clipText, clipVision],
  matching: {
    linears: [
      ...imageProjection.map((row) => ({ ...row, tower: "vision_model" })),
      ...textProjection.map((row) => ({ ...row, tower: "text_model" })),
    ],
    tensors: [parameterRow("logit_scale", () => [])],
  },
  sizes: { projectionSize },
  // The initial scale of the logits; files have the trained one.
  ignored: ["logit_scale_init_value"],
});
