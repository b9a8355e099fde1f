// BERT's heads: the pooler and a classifier on it, or a masked language model.

import * as tf from "@tensorflow/tfjs-core";
import { activations } from "../parts/activations.ts";
import type { PartList } from "../parts/part-list.ts";
import type { Trunk } from "../parts/trunk.ts";
import { ClassificationHead } from "./classification-head.ts";
import type { Head } from "./head.ts";
import { noHead } from "./no-head.ts";
import { TokenHead } from "./token-head.ts";

export function bertHeads(model: PartList, trunk: Trunk): Head {
  const { task } = model.plan;
  if (task === "masked-lm") return maskedLanguageHead(model, trunk);
  // Part of the base model also where nothing reads it, so that it can be adapted and exported.
  const pooler = model.linear("pooler.dense");
  if (task !== "sequence-classification") return noHead;
  const { config } = model.plan;
  return new ClassificationHead({
    site: model.linear("classifier"),
    problemType: config.problemType,
    summarise: (hidden, pass) => {
      const [batch = 0, , width = 0] = hidden.shape;
      const first = tf.reshape(tf.slice(hidden, [0, 0, 0], [-1, 1, -1]), [batch, width]);
      const pooled = tf.tanh(pooler.forward(first, pass.context));
      return pass.drop(pooled, config.dropouts.classifier, "classifier");
    },
  });
}

function maskedLanguageHead(model: PartList, trunk: Trunk): Head {
  const dense = model.linear("cls.predictions.transform.dense");
  const norm = model.norm("cls.predictions.transform.LayerNorm");
  const activation = activations[model.plan.config.activation];
  return new TokenHead({
    site: model.linear("cls.predictions.decoder", trunk.tokens),
    shift: 0,
    transform: (hidden, { context }) => norm.forward(activation.apply(dense.forward(hidden, context)), context),
  });
}
