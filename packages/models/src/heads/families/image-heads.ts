// Heads of models that read images (transformers' modeling_vit.py and its relatives): a classifier on a state in front of the
// patches, on the mean of the patches, or on both.

import * as tf from "@tensorflow/tfjs-core";
import { ModelInputError } from "../../errors.ts";
import type { PartList } from "../../parts/part-list.ts";
import { ClassificationHead } from "../classification-head.ts";
import { type Head, noHead } from "../head.ts";
import { firstColumns } from "./encoder-heads.ts";

export function vitHeads(model: PartList): Head {
  const { task, config } = model.plan;
  if (task === "image-classification") {
    const site = model.linear("classifier");
    return new ClassificationHead({ site, problemType: config.problemType, columns: firstColumns });
  }
  // Part of the base model, though nothing reads it, so that it can be adapted and exported.
  if (task === "feature-extraction") model.linear("pooler.dense");
  return task === "distilled-image-classification" ? twoClassifiers(model) : noHead;
}

/** DeiT's own classifier and the one that learnt from a teacher, on states of their own; the answer is their mean. */
function twoClassifiers(model: PartList): Head {
  const sites = [model.linear("cls_classifier"), model.linear("distillation_classifier")];
  return {
    forward: (states, { context }) =>
      tf.tidy(() => {
        const [batch = 0, , width = 0] = states.shape;
        const answers = sites.map((site, column) =>
          site.forward(tf.reshape(tf.slice(states, [0, column, 0], [batch, 1, width]), [batch, width]), context),
        );
        return tf.div(tf.addN(answers), sites.length);
      }),
    losses: () => {
      const message =
        'transformers has no loss for two classifiers; load it as "image-classification", with a new head';
      throw new ModelInputError("labels", message);
    },
  };
}

/** A classifier on the mean of all states. */
export function swinHeads(model: PartList): Head {
  const { task, config } = model.plan;
  if (task !== "image-classification") return noHead;
  const { problemType } = config;
  return new ClassificationHead({
    site: model.linear("classifier"),
    problemType,
    columns: { ofAll: (states) => tf.mean<tf.Tensor2D>(states, 1) },
  });
}

/** A classifier on the first state beside the mean of the patches (DINOv2). */
export function dinov2Heads(model: PartList): Head {
  const { task, config } = model.plan;
  if (task !== "image-classification") return noHead;
  return new ClassificationHead({
    site: model.linear("classifier"),
    problemType: config.problemType,
    columns: {
      ofAll: (states) => {
        const [batch = 0, time = 0, width = 0] = states.shape;
        const others = 1 + config.registers;
        const first = tf.reshape<tf.Rank.R2>(tf.slice(states, [0, 0, 0], [batch, 1, width]), [batch, width]);
        return tf.concat<tf.Tensor2D>(
          [first, tf.mean<tf.Tensor2D>(tf.slice(states, [0, others, 0], [batch, time - others, width]), 1)],
          1,
        );
      },
    },
  });
}
