// ALBERT's heads (transformers' modeling_albert.py): BERT's, under other names.

import type { PartList } from "../../parts/part-list.ts";
import type { Trunk } from "../../parts/trunk/trunk.ts";
import type { Head } from "../head.ts";
import { pooledHeads } from "./encoder-heads.ts";

export function albertHeads(model: PartList, trunk: Trunk): Head {
  return pooledHeads(model, trunk, {
    pooler: "pooler",
    dense: "predictions.dense",
    norm: "predictions.LayerNorm",
    output: "predictions.decoder",
    unusedBias: "predictions.bias",
  });
}
