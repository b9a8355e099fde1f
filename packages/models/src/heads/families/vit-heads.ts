// ViT's heads (transformers' modeling_vit.py): a classifier on the state in front of the patches.

import type { PartList } from "../../parts/part-list.ts";
import { ClassificationHead } from "../classification-head.ts";
import type { Head } from "../head.ts";
import { noHead } from "../no-head.ts";
import { firstColumns } from "./encoder-heads.ts";

export function vitHeads(model: PartList): Head {
  const { task, config } = model.plan;
  if (task === "image-classification") {
    const site = model.linear("classifier");
    return new ClassificationHead({ site, problemType: config.problemType, columns: firstColumns });
  }
  // Part of the base model, though nothing reads it, so that it can be adapted and exported.
  model.linear("pooler.dense");
  return noHead;
}
