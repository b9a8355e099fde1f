// DeiT (Touvron et al. 2021), as transformers' modeling_deit.py names it: ViT with a second state in front of the patches,
// which learnt from a teacher, and a classifier on each of the two.

import type { Family } from "../../family.ts";
import { classifierRow } from "../shared/encoder-rows.ts";
import { vitEmbeddings } from "../shared/image-rows.ts";
import { vit } from "./vit.ts";

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
