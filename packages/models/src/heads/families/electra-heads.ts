// ELECTRA's heads (transformers' modeling_electra.py).

import { activations } from "../../parts/activations.ts";
import type { PartList } from "../../parts/part-list.ts";
import type { Trunk } from "../../parts/trunk/trunk.ts";
import type { Head } from "../head.ts";
import { noHead } from "../no-head.ts";
import { replacedTokenHead } from "../replaced-token-head.ts";
import { denseClassifier, languageModel, questionAnswerer, tokenClassifier } from "./encoder-heads.ts";

export function electraHeads(model: PartList, trunk: Trunk): Head {
  const { task, config } = model.plan;
  // Whatever hidden_act says.
  const activation = activations["gelu-erf"];
  if (task === "masked-lm" || task === "causal-lm") {
    const dense = "generator_predictions.dense";
    const norm = "generator_predictions.LayerNorm";
    return languageModel(model, trunk, { dense, norm, output: "generator_lm_head", activation });
  }
  if (task === "token-classification") return tokenClassifier(model);
  if (task === "question-answering") return questionAnswerer(model);
  if (task === "replaced-token-detection") return replacedTokenHead(model);
  if (task === "multiple-choice") {
    const paths = { dense: "sequence_summary.summary", classifier: "classifier" };
    const rate = config.dropouts.summary;
    return denseClassifier(model, { ...paths, activation: activation.apply, dropsTwice: false, rate });
  }
  if (task !== "sequence-classification") return noHead;
  const paths = { dense: "classifier.dense", classifier: "classifier.out_proj" };
  return denseClassifier(model, { ...paths, activation: activation.apply, dropsTwice: true });
}
