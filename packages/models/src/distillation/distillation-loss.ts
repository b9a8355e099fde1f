// The distance between a model's next-token probabilities and a teacher's, in addition to the model's own loss: for
// knowledge distillation, or to keep an adapter close to its base model.

import { type ForwardContext, inferenceContext, noAdapters } from "@lowrank/contracts";
import { withoutTape } from "@lowrank/engine/internal";
import * as tf from "@tensorflow/tfjs-core";
import { modelInputError } from "../errors.ts";
import type { HeadRows } from "../heads/head.ts";
import { adaptedHeadLoss } from "../heads/loss/adapted-head-loss.ts";
import type { Chunk } from "../heads/loss/chunks.ts";
import { smoothedLoss } from "../heads/loss/smoothed-loss.ts";
import type { LabelledInputs } from "../inputs/model-inputs.ts";
import type { PretrainedModel } from "../pretrained-model.ts";

/** Which way the divergence looks: "forward" Σ p_teacher·log(p_teacher / p), "reverse" Σ p·log(p / p_teacher). */
export type Divergence = "forward" | "reverse";

/** The loss's settings. */
export interface DistillationOptions {
  /** Whether and how the adapter acts: as for `PretrainedModel.loss`. */
  readonly context: ForwardContext;
  /** The teacher; default the model itself without an adapter. */
  readonly teacher?: { readonly model: PretrainedModel; readonly context?: ForwardContext | undefined } | undefined;
  /** Default "forward". */
  readonly divergence?: Divergence | undefined;
  /** Both sides' logits are divided by it; default 1. */
  readonly temperature?: number | undefined;
  /** Weight of the divergence; default 1. */
  readonly weight?: number | undefined;
  /** Weight of the loss on the labels; default 0. */
  readonly labelWeight?: number | undefined;
}

/**
 * The mean over the supervised positions of the divergence between both models, as in TRL's GKDTrainer with `beta` 0 (forward) and 1
 * (reverse), and of the labels' own loss. Logits exist only for a few positions at a time. The caller owns the scalar.
 *
 * @throws MODEL_INPUT if one of the models has no vocabulary head, or if the vocabularies differ in size;
 * NOTHING_SUPERVISED if no label counts; otherwise the errors of `PretrainedModel.loss`.
 *
 * @example
 * ```ts
 * import { activeAdapters, inferenceContext } from "@lowrank/contracts";
 * import { distillationLoss, type PretrainedModel } from "@lowrank/models";
 * import { type LabelledInputs } from "@lowrank/models/internal";
 * import type * as tf from "@tensorflow/tfjs-core";
 *
 * export function nearItsBase(model: PretrainedModel, inputs: LabelledInputs, adapter: string): tf.Scalar {
 *   const context = { ...inferenceContext(activeAdapters(adapter)), training: true };
 *   return distillationLoss(model, inputs, { context, weight: 0.1, labelWeight: 1 });
 * }
 * ```
 */
export function distillationLoss(
  model: PretrainedModel,
  inputs: LabelledInputs,
  { context, teacher, divergence = "forward", temperature = 1, weight = 1, labelWeight = 0 }: DistillationOptions,
): tf.Scalar {
  return tf.tidy(() => {
    const { model: other, context: acting = inferenceContext(noAdapters) } = teacher ?? { model };
    const taught = withoutTape(() => teacherRows(other, inputs, acting));
    return model.judge(inputs, context, (losses, states) => {
      const { head, ...rows } = losses.rows?.(states) ?? refuse(model);
      const lossOf = (logits: tf.Tensor2D, chunk: Chunk) => {
        const expected = taught(chunk, logits.shape[0]);
        if (expected.shape[1] !== logits.shape[1])
          throw modelInputError(
            "teacher",
            `it has a vocabulary of ${expected.shape[1]} tokens, the model ${logits.shape[1]}`,
          );
        const distance = tf.mul(
          divergenceOf[divergence](tf.div(logits, temperature), tf.div(expected, temperature)),
          weight,
        );
        if (labelWeight === 0) return distance as tf.Scalar;
        return tf.add<tf.Scalar>(distance, tf.mul(smoothedLoss(logits, chunk.targets(), head.smoothing), labelWeight));
      };
      return tf.div<tf.Scalar>(adaptedHeadLoss(rows, { ...head, lossOf }), rows.hidden.shape[0]);
    });
  });
}

/** The teacher's logits of a chunk. */
function teacherRows(model: PretrainedModel, inputs: LabelledInputs, context: ForwardContext) {
  let head: HeadRows["head"] | undefined;
  const hidden = model.judge(inputs, context, (losses, states) => {
    const rows = losses.rows?.(states) ?? refuse(model);
    head = rows.head;
    return rows.hidden;
  });
  return ({ first }: Chunk, size: number) =>
    withoutTape(() => head?.logits(tf.slice(hidden, [first, 0], [size, hidden.shape[1]]), first) as tf.Tensor2D);
}

function refuse({ task }: PretrainedModel): never {
  throw modelInputError("labels", `a model for ${task} predicts no tokens to distil`);
}

/** The sum over rows, of logits [rows, vocabulary] and the teacher's. */
const divergenceOf: Readonly<Record<Divergence, (logits: tf.Tensor, expected: tf.Tensor) => tf.Scalar>> = {
  forward: (logits, expected) => between(tf.logSoftmax(expected), tf.logSoftmax(logits)),
  reverse: (logits, expected) => between(tf.logSoftmax(logits), tf.logSoftmax(expected)),
};

/** Σ e^one · (one − other) */
function between(one: tf.Tensor, other: tf.Tensor): tf.Scalar {
  return tf.sum(tf.mul(tf.exp(one), tf.sub(one, other)));
}
