// ViT (Dosovitskiy et al. 2021), as transformers' modeling_vit.py names it. Files keep the names that modules had before
// transformers 5: "encoder.layer.0.attention.attention.query".

import type { Family } from "../../family.ts";
import { classifierRow, poolerRow } from "../shared/encoder-rows.ts";
import { likeVit, vitAttention, vitEmbeddings, vitFeedForward, vitSpellings } from "../shared/image-rows.ts";

/** The tables of `vit`. */
export const vit = likeVit("vit", {
  name: "ViT",
  config: {
    fixed: [{ key: "pooler_act", values: ["tanh"], effect: "the pooled state has another activation" }],
    // Values for masked image models, and the width of a pooled state that no task here returns.
    ignored: ["encoder_stride", "pooler_output_size"],
  },
  tensors: vitEmbeddings(["embeddings.cls_token"]),
  linears: [...vitAttention("layers.{n}"), ...vitFeedForward("layers.{n}"), poolerRow(["feature-extraction"])],
  fileSpellings: vitSpellings,
});

/** The tables of `deit`. */
export const deit: Family = {
  ...vit,
  modelType: "deit",
  basePrefix: "deit",
  architectures: new Map([
    ["DeiTForImageClassification", "image-classification"],
    ["DeiTForImageClassificationWithTeacher", "distilled-image-classification"],
    ["DeiTModel", "feature-extraction"],
  ]),
  tensors: vitEmbeddings(["embeddings.cls_token", "embeddings.distillation_token"]),
  heads: {
    ...vit.heads,
    "distilled-image-classification": {
      linears: [classifierRow("cls_classifier"), classifierRow("distillation_classifier")],
    },
  },
};
