// DeBERTa v2's heads (transformers' modeling_deberta_v2.py): BERT's, but with a pooler that lies beside the base model and whose
// function is GELU.

import { activations } from "../../parts/activations.ts";
import type { PartList } from "../../parts/part-list.ts";
import type { Trunk } from "../../parts/trunk/trunk.ts";
import type { Head } from "../head.ts";
import { noHead } from "../no-head.ts";
import { denseClassifier, languageModel, questionAnswerer, tokenClassifier } from "./encoder-heads.ts";

export function debertaV2Heads(model: PartList, trunk: Trunk): Head {
  const { task, config } = model.plan;
  if (task === "masked-lm") {
    const dense = "cls.predictions.transform.dense";
    const norm = "cls.predictions.transform.LayerNorm";
    const paths = { dense, norm, output: "cls.predictions.decoder", unusedBias: "cls.predictions.bias" };
    return languageModel(model, trunk, { ...paths, activation: activations[config.activation] });
  }
  if (task === "token-classification") return tokenClassifier(model, { rate: config.dropouts.residual });
  if (task === "question-answering") return questionAnswerer(model);
  if (task === "feature-extraction") return noHead;
  const paths = { dense: "pooler.dense", classifier: "classifier" };
  return denseClassifier(model, { ...paths, activation: activations["gelu-erf"].apply, dropsTwice: false });
}
