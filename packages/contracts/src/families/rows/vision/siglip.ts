// SigLIP (Zhai et al. 2023), as transformers' modeling_siglip.py names it: CLIP's towers without a state in front of the patches –
// a learnt query reads them all instead –, and a loss for which each pair stands by itself.

import type { Family, TensorRow } from "../../family.ts";
import { classifierRow } from "../shared/encoder-rows.ts";
import { linearRows, normRows } from "../shared/module-rows.ts";
import { layerSizes, textSizes, textTower, visionTower } from "../shared/tower-rows.ts";

const linear = { bias: true, layout: "out-in" } as const;

const text = textTower({
  modelType: "siglip_text_model",
  causal: false,
  activation: "gelu_pytorch_tanh",
  epsilon: 1e-6,
  sizes: {
    ...layerSizes(768, 3072, 12),
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
  sizes: layerSizes(768, 3072, 12),
  hasFront: false,
  norms: ["post_layernorm"],
});

const hasHead: NonNullable<TensorRow["when"]> = ({ switches }) => switches.visionHead;

/** The tables of `siglip_vision_model`. */
export const siglipVision: Family = {
  ...vision,
  config: { ...vision.config, switches: { visionHead: { key: "vision_use_head", fallback: true } } },
  basePrefix: "vision_model",
  architectures: new Map([["SiglipVisionModel", "feature-extraction"]]),
  tensors: [
    ...(vision.tensors ?? []),
    { path: "head.probe", kind: "parameter", shape: ({ hiddenSize }) => [1, 1, hiddenSize], when: hasHead },
    {
      path: "head.attention.in_proj_weight",
      kind: "parameter",
      shape: ({ hiddenSize }) => [3 * hiddenSize, hiddenSize],
      when: hasHead,
    },
    {
      path: "head.attention.in_proj_bias",
      kind: "parameter",
      shape: ({ hiddenSize }) => [3 * hiddenSize],
      when: hasHead,
    },
  ],
  linears: [
    ...vision.linears,
    ...linearRows({ ...linear, when: hasHead }, [
      ["head.attention.out_proj", "hidden", "hidden"],
      ["head.mlp.fc1", "hidden", "intermediate"],
      ["head.mlp.fc2", "intermediate", "hidden"],
    ]),
  ],
  norms: [...vision.norms, ...normRows("layer", ["head.layernorm"]).map((row) => ({ ...row, when: hasHead }))],
  heads: {},
};

const scalar = (path: string): TensorRow => ({ path, kind: "parameter", shape: () => [1] });

/** The tables of `siglip`. */
export const siglip: Family = {
  modelType: "siglip",
  causal: false,
  basePrefix: "",
  towers: [
    { path: "text_model", key: "text_config", family: siglipText, tasks: ["image-text-matching"] },
    { path: "vision_model", key: "vision_config", family: siglipVision },
  ],
  architectures: new Map([
    ["SiglipModel", "image-text-matching"],
    ["SiglipForImageClassification", "image-classification"],
  ]),
  config: {
    sizes: {},
    activation: { fallback: "gelu_pytorch_tanh" },
    normEpsilon: { fallback: 1e-6 },
    dropouts: {},
    tiedByDefault: false,
    rotary: false,
    // How fresh weights are drawn.
    harmless: ["initializer_factor"],
  },
  embeddings: [],
  linears: [],
  norms: [],
  heads: {
    "image-text-matching": { linears: [], tensors: [scalar("logit_scale"), scalar("logit_bias")] },
    "image-classification": { linears: [{ ...classifierRow("classifier"), tower: "vision_model" }] },
  },
  ignoredFileKeys: ["embeddings.position_ids"],
};
