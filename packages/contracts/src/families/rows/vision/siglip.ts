// SigLIP (Zhai et al. 2023), as transformers' modeling_siglip.py names it: CLIP's towers without a state before the patches, which a
// learned query pools instead, and with a loss that treats each pair separately.

import type { Family, TensorRow } from "../../family.ts";
import { layerSizesOr, linearRows, normRows, parameterRow } from "../shared/module-rows.ts";
import { pairOfTowers, textSizes, textTower, visionTower } from "../shared/tower-rows.ts";

const linear = { bias: true, layout: "out-in" } as const;

const text = textTower({
  modelType: "siglip_text_model",
  causal: false,
  activation: "gelu_pytorch_tanh",
  epsilon: 1e-6,
  sizes: {
    ...layerSizesOr({ hidden: 768, intermediate: 3072, layers: 12, heads: 12 }),
    ...textSizes(32_000, 64),
    projectionSize: { keys: ["projection_size"], fallback: { times: 1, of: "hiddenSize" } },
  },
});

/** The tables of `siglip_text_model`. */
export const siglipText: Family = {
  ...text,
  basePrefix: "text_model",
  architectures: new Map([["SiglipTextModel", "feature-extraction"]]),
  linears: [...text.linears, ...linearRows(linear, [["head", "hidden", "projection"]])],
  heads: {},
};

const vision = visionTower({
  modelType: "siglip_vision_model",
  activation: "gelu_pytorch_tanh",
  epsilon: 1e-6,
  sizes: layerSizesOr({ hidden: 768, intermediate: 3072, layers: 12, heads: 12 }),
  hasClassToken: false,
  norms: ["post_layernorm"],
});

const withVisionHead: Pick<TensorRow, "when"> = { when: ({ switches }) => switches.visionHead };

/** The tables of `siglip_vision_model`. */
export const siglipVision: Family = {
  ...vision,
  config: {
    ...vision.config,
    switches: { visionHead: { key: "vision_use_head", fallback: true } },
    // PaliGemma's files repeat the connector's width, and have the length of a prompt's images.
    ignored: [...(vision.config.ignored ?? []), "projection_dim", "num_image_tokens", "projector_hidden_act"],
  },
  basePrefix: "vision_model",
  architectures: new Map([["SiglipVisionModel", "feature-extraction"]]),
  tensors: [
    ...(vision.tensors ?? []),
    parameterRow("head.probe", ({ hiddenSize }) => [1, 1, hiddenSize], withVisionHead),
    parameterRow("head.attention.in_proj_weight", ({ hiddenSize }) => [3 * hiddenSize, hiddenSize], withVisionHead),
    parameterRow("head.attention.in_proj_bias", ({ hiddenSize }) => [3 * hiddenSize], withVisionHead),
  ],
  linears: [
    ...vision.linears,
    ...linearRows({ ...linear, ...withVisionHead }, [
      ["head.attention.out_proj", "hidden", "hidden"],
      ["head.mlp.fc1", "hidden", "intermediate"],
      ["head.mlp.fc2", "intermediate", "hidden"],
    ]),
  ],
  norms: [...vision.norms, ...normRows("layer", ["head.layernorm"]).map((row) => ({ ...row, ...withVisionHead }))],
  heads: {},
};

/** The tables of `siglip`. */
export const siglip = pairOfTowers({
  modelType: "siglip",
  name: "Siglip",
  towers: [siglipText, siglipVision],
  matching: { linears: [], tensors: ["logit_scale", "logit_bias"].map((path) => parameterRow(path, () => [1])) },
});
