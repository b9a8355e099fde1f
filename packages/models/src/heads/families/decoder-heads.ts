// The heads of decoder-only families: a language model, a classifier that reads the last token's state, or answers for
// each token.

import * as tf from "@tensorflow/tfjs-core";
import { modelInputError } from "../../errors.ts";
import type { Backbone } from "../../parts/backbone/backbone.ts";
import type { PartList } from "../../parts/part-list.ts";
import { planned } from "../../parts/planned.ts";
import { type Head, noHead } from "../head.ts";
import type { ColumnsOf } from "../pooling.ts";
import { TokenHead } from "../token-head.ts";
import { outputOf, questionAnswerer, stateClassifier, tokenClassifier } from "./encoder-heads.ts";

export function decoderHeads(model: PartList, backbone: Backbone): Head {
  const { config, task } = model.plan;
  if (task === "causal-lm") {
    const { logitCap, logitScale, balanceScale } = config.scalars;
    const head = new TokenHead({
      site: outputOf(model, backbone.tokens),
      shift: 1,
      cap: logitCap,
      // The head has no bias, so logits scale with its input.
      ...(logitScale === null
        ? {}
        : {
            transform: planned(
              (hidden: tf.Tensor) => tf.mul(hidden, logitScale),
              (x, plan) => plan.scale(x, logitScale),
            ),
          }),
    });
    return config.switches.balancesExperts ? balancedHead(head, balanceScale ?? 0) : head;
  }
  if (task === "token-classification") return tokenClassifier(model);
  if (task === "question-answering") return questionAnswerer(model);
  if (task !== "sequence-classification") return noHead;
  return stateClassifier(model, lastToken(config.padTokenId));
}

/** The rightmost token that is not padding, recognized by its id as in transformers. */
function lastToken(padTokenId: number | null): ColumnsOf {
  return ({ inputIds }) => {
    const [batch, time] = inputIds.shape;
    if (padTokenId === null && batch > 1) {
      throw modelInputError("inputIds", "this model has no pad_token_id, so it classifies one sequence at a time");
    }
    return padTokenId === null ? [time - 1] : lastReal(inputIds, padTokenId);
  };
}

/** Index of the last id in each row that is not padding; 0 if all are. int32 [batch] */
function lastReal(inputIds: tf.Tensor2D, padTokenId: number): tf.Tensor1D {
  const isReal = tf.cast(tf.notEqual(inputIds, padTokenId), "int32");
  return tf.argMax(tf.mul(tf.range(0, inputIds.shape[1], 1, "int32"), isReal), 1);
}

/** Adds the load-balancing loss, times `scale`, to the head's loss of each supervised label. */
function balancedHead(head: Head, scale: number): Head {
  return {
    forward: (states, pass) => head.forward(states, pass),
    ...(head.plan === undefined ? {} : { plan: head.plan }),
    losses(labels, pass) {
      const { of } = head.losses(labels, pass);
      const routing = pass.recordRouting();
      // All states are computed: the loss needs the last layer's router for all tokens, too.
      return {
        of: (states) => {
          const { sum, count } = of(states);
          return { sum: tf.add<tf.Scalar>(sum, tf.mul(routing.loss(), scale * count)), count };
        },
      };
    },
  };
}
