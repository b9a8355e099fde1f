// BERT's heads (transformers' modeling_bert.py): the pooler and a classifier on it, a language model, or answers for each
// token.

import type { PartList } from "../../parts/part-list.ts";
import type { Trunk } from "../../parts/trunk/trunk.ts";
import type { Head } from "../head.ts";
import { pooledHeads } from "./encoder-heads.ts";

export function bertHeads(model: PartList, trunk: Trunk): Head {
  return pooledHeads(model, trunk, {
    pooler: "pooler.dense",
    dense: "cls.predictions.transform.dense",
    norm: "cls.predictions.transform.LayerNorm",
    output: "cls.predictions.decoder",
    unusedBias: "cls.predictions.bias",
  });
}
