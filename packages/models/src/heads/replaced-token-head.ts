// ELECTRA's discriminator (Clark et al. 2020): predicts for each token whether a generator replaced it.

import * as tf from "@tensorflow/tfjs-core";
import { modelInputError } from "../errors.ts";
import { activations } from "../parts/activations.ts";
import type { PartList } from "../parts/part-list.ts";
import type { Layer, Pass } from "../parts/pass.ts";
import type { Head } from "./head.ts";

export function replacedTokenHead(model: PartList): Head {
  const dense = model.linear("discriminator_predictions.dense");
  const activation = activations[model.plan.config.activation];
  const site = model.linear("discriminator_predictions.dense_prediction");
  /** hidden [batch, time, width] → logits of "replaced", [batch, time] */
  const forward: Layer = (hidden, { context }) =>
    tf.squeeze(site.forward(activation.apply(dense.forward(hidden, context)), context), [2]);
  return {
    forward,
    losses: (labels, pass) => {
      const { targets, weights, count } = supervised(labels, pass);
      if (count === 0) return { of: () => ({ sum: tf.scalar(0), count }) };
      return {
        of: (hidden) => {
          const logits = forward(hidden, pass); // [batch, time]
          const losses = tf.sub(tf.softplus(logits), tf.mul(logits, tf.tensor(targets, logits.shape)));
          return { sum: tf.sum(tf.mul(losses, tf.tensor(weights, logits.shape))), count };
        },
      };
    },
  };
}

interface Supervised {
  /** 1 for a replaced token, [batch·time] */
  readonly targets: number[];
  /** 1 if the label counts, [batch·time] */
  readonly weights: number[];
  readonly count: number;
}

/** The labels [batch, time] that count: those of tokens that the mask shows, as in transformers, except −100. */
function supervised(labels: tf.Tensor, { lastIds, inputs }: Pass): Supervised {
  if (!tf.util.arraysEqual(labels.shape, lastIds.shape)) {
    throw modelInputError("labels", `the shape is [${labels.shape}], expected [${lastIds.shape}]`);
  }
  const mask = inputs.attentionMask?.dataSync();
  const values = Array.from(labels.dataSync());
  const weights = values.map((label, index) => (label !== -100 && (mask?.[index] ?? 1) === 1 ? 1 : 0));
  const wrong = values.find((label, index) => weights[index] === 1 && label !== 0 && label !== 1);
  if (wrong !== undefined) {
    throw modelInputError("labels", `${wrong} is neither 0, an original token, nor 1, a replaced one, nor -100`);
  }
  const targets = values.map((label) => (label === 1 ? 1 : 0));
  return { targets, weights, count: weights.filter((weight) => weight === 1).length };
}
