// Heads of models that read images (transformers' modeling_vit.py and its relatives): a classifier on a state in front of the
// patches, on the mean of the patches, or on both.

import * as tf from "@tensorflow/tfjs-core";
import { modelInputError } from "../../errors.ts";
import type { PartList } from "../../parts/part-list.ts";
import { type Head, noHead } from "../head.ts";
import { firstColumns, stateClassifier, withoutHead } from "./encoder-heads.ts";

export function vitHeads(model: PartList): Head {
  const { task } = model.plan;
  if (task === "image-classification") return stateClassifier(model, firstColumns);
  return task === "distilled-image-classification" ? twoClassifiers(model) : withoutHead(model);
}

/** DeiT's own classifier and its distilled one, each with its own state. The result is their mean. */
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
      throw modelInputError("labels", message);
    },
  };
}

/** A classifier on the mean of all states. */
export function swinHeads(model: PartList): Head {
  if (model.plan.task !== "image-classification") return noHead;
  return stateClassifier(model, { ofAll: (states) => tf.mean<tf.Tensor2D>(states, 1) });
}

/** A classifier on the first state together with the mean of the patches (DINOv2). */
export function dinov2Heads(model: PartList): Head {
  const { task, config } = model.plan;
  if (task !== "image-classification") return noHead;
  return stateClassifier(model, {
    ofAll: (states) => {
      const [batch = 0, , width = 0] = states.shape;
      const first = tf.reshape<tf.Rank.R2>(tf.slice(states, [0, 0, 0], [batch, 1, width]), [batch, width]);
      return tf.concat<tf.Tensor2D>([first, meanAfter(states, 1 + config.registers)], 1);
    },
  });
}

/** The mean of the patches after `fronts` states: [batch, width]. */
export function meanAfter(states: tf.Tensor, fronts: number): tf.Tensor2D {
  const [batch = 0, time = 0, width = 0] = states.shape;
  return tf.mean<tf.Tensor2D>(tf.slice(states, [0, fronts, 0], [batch, time - fronts, width]), 1);
}
