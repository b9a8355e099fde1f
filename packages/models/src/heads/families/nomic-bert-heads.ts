// NomicBERT's heads (transformers' modeling_nomic_bert.py): BERT's, but the model without a head has no pooler.

import type { PartList } from "../../parts/part-list.ts";
import type { Trunk } from "../../parts/trunk/trunk.ts";
import type { Head } from "../head.ts";
import { noHead } from "../no-head.ts";
import { pooledHeads } from "./encoder-heads.ts";

export function nomicBertHeads(model: PartList, trunk: Trunk): Head {
  if (model.plan.task === "feature-extraction") return noHead;
  return pooledHeads(model, trunk, {
    pooler: "pooler.dense",
    dense: "cls.predictions.transform.dense",
    norm: "cls.predictions.transform.layer_norm",
    output: "cls.predictions.decoder",
    unusedBias: "cls.predictions.bias",
  });
}
