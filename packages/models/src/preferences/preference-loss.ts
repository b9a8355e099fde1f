// A batch of preferences → a loss, and each answer's reward. The base is its own reference: the same model with no adapter
// selected, which takes a forward pass and no memory for a second model.

import { type ForwardContext, inferenceContext, noAdapters } from "@lowrank/contracts";
import { withoutTape } from "@lowrank/engine/internal";
import * as tf from "@tensorflow/tfjs-core";
import { modelInputError } from "../errors.ts";
import type { LabelLogProbs } from "../heads/head.ts";
import { sumsAndLengths } from "../heads/label-sums.ts";
import { batchTensors, type IntegerBatch } from "../inputs/batch-tensors.ts";
import type { PretrainedModel } from "../pretrained-model.ts";
import type { AnswerScores, PreferenceLoss } from "./preference-loss-row.ts";
import { type PreferenceLossName, preferenceLosses } from "./preference-losses.ts";

/** Pairs of answers as tokens, or answers by themselves. */
export interface PreferenceBatch {
  /** The rows of all chosen answers, then the rows of all rejected ones, each after its prompt; labels are −100 on prompts. */
  readonly answers: IntegerBatch;
  /** For single judged answers: which of the rows are good ones. */
  readonly isGood?: readonly boolean[] | undefined;
  /** Each answer after another row's prompt, in the same order; for losses that use them. */
  readonly mismatched?: IntegerBatch | undefined;
}

/** The loss and the rewards of a batch. The caller owns both tensors. */
export interface PreferenceResult {
  /** The mean over pairs, or over answers. */
  readonly loss: tf.Scalar;
  /** [answers], in the order of the rows. */
  readonly rewards: tf.Tensor1D;
}

/** Which loss, and how. */
interface PreferenceOptions {
  readonly loss: PreferenceLossName;
  /** All that it reads: see `preferenceSettings`. */
  readonly settings: Readonly<Record<string, number>>;
  /** Whether the adapter acts, and how: as for `PretrainedModel.loss`. */
  readonly context: ForwardContext;
}

/**
 * The loss of a batch of preferences, differentiable for the adapter that `context` selects.
 *
 * @throws the errors of `PretrainedModel.labelLogProbs`; MODEL_INPUT for single answers with a loss of pairs, and for the loss
 * "reward" with a model that is not a classifier with one output.
 *
 * @example
 * ```ts
 * import { activeAdapters, inferenceContext } from "@lowrank/contracts";
 * import { type PretrainedModel, preferenceLoss } from "@lowrank/models";
 * import { type PreferenceBatch, preferenceSettings } from "@lowrank/models/internal";
 *
 * export function dpoLoss(model: PretrainedModel, batch: PreferenceBatch, adapter: string): number {
 *   const context = inferenceContext(activeAdapters(adapter));
 *   const { loss, rewards } = preferenceLoss(model, batch, { loss: "dpo", settings: preferenceSettings("dpo"), context });
 *   const [value = Number.NaN] = loss.dataSync();
 *   loss.dispose();
 *   rewards.dispose();
 *   return value;
 * }
 * ```
 */
export function preferenceLoss(
  model: PretrainedModel,
  { answers, mismatched, isGood }: PreferenceBatch,
  { loss: name, settings, context }: PreferenceOptions,
): PreferenceResult {
  const row: PreferenceLoss = preferenceLosses[name];
  if (isGood !== undefined && row.single !== true)
    throw modelInputError("isGood", `the loss "${name}" compares two answers to one prompt`);
  const asBase = inferenceContext(noAdapters);
  const [loss, rewards] = tf.tidy(() => {
    const reference = row.reference ? withoutTape(() => sumsOf(model, answers, asBase)) : undefined;
    const divergence = withoutTape(() =>
      row.mismatched === true && mismatched !== undefined ? divergenceOf(model, mismatched, context) : tf.scalar(0),
    );
    const { sums, lengths, textLoss } = score(model, answers, { row, context });
    const scores: AnswerScores = { logProbs: sums, reference: reference ?? tf.zerosLike(sums), lengths };
    const halves = { chosen: halfOf(scores, 0), rejected: halfOf(scores, 1) };
    const good = tf.tensor1d(goodOnes(answers.rows, isGood));
    const pairs = { ...halves, all: scores, good, divergence, textLoss };
    return [tf.mean<tf.Scalar>(row.losses(pairs, settings)), row.rewards(scores, settings)] as const;
  });
  return { loss, rewards };
}

/** For pairs, the first half of the rows is good. */
function goodOnes(rows: number, isGood: readonly boolean[] | undefined): number[] {
  return Array.from({ length: rows }, (_, row) => Number(isGood === undefined ? row < rows / 2 : isGood[row] === true));
}

interface Scored {
  /** log p of each answer, [rows] */
  readonly sums: tf.Tensor1D;
  readonly lengths: tf.Tensor1D;
  readonly textLoss: tf.Scalar;
}

function score(
  model: PretrainedModel,
  batch: IntegerBatch,
  { row, context }: { readonly row: PreferenceLoss; readonly context: ForwardContext },
): Scored {
  if (row.hasScores === true) {
    const scores = scoresOf(model, batch, context);
    return { sums: scores, lengths: tf.onesLike(scores), textLoss: tf.scalar(0) };
  }
  if (row.text !== true) return { ...sumsAndLengths(batch, labelled(model, batch, context)), textLoss: tf.scalar(0) };
  const fullyLabelled = { ...batch, labels: wholeLabels(batch) };
  const all = labelled(model, fullyLabelled, context);
  const chosen = all.positions.flatMap((position, index) => (position < (batch.rows / 2) * batch.time ? [index] : []));
  const textLoss = tf.neg(tf.mean<tf.Scalar>(tf.gather(all.values, tf.tensor1d(chosen, "int32"))));
  // The label at t is predicted at t − 1.
  const answered = all.positions.flatMap((position, index) =>
    (batch.labels[position + 1] ?? -100) < 0 ? [] : [index],
  );
  const values = tf.gather(all.values, tf.tensor1d(answered, "int32"));
  const positions = answered.map((index) => all.positions[index] ?? 0);
  return { ...sumsAndLengths(batch, { values, positions }), textLoss };
}

function scoresOf(model: PretrainedModel, batch: IntegerBatch, context: ForwardContext): tf.Tensor1D {
  if (model.task !== "sequence-classification" || model.config.labels !== 1)
    throw modelInputError("loss", `"reward" needs a classifier with one output, but this is a model for ${model.task}`);
  const { labels: _, ...inputs } = batchTensors(batch);
  return tf.reshape(model.forward(inputs, context), [batch.rows]);
}

/** Every token is a label, except padding. */
function wholeLabels({ inputIds, attentionMask }: IntegerBatch): Int32Array {
  return Int32Array.from(inputIds, (id, index) => (attentionMask[index] === 0 ? -100 : id));
}

function sumsOf(model: PretrainedModel, batch: IntegerBatch, context: ForwardContext): tf.Tensor1D {
  return sumsAndLengths(batch, labelled(model, batch, context)).sums;
}

function labelled(model: PretrainedModel, batch: IntegerBatch, context: ForwardContext): LabelLogProbs {
  return model.labelLogProbs(batchTensors(batch), context);
}

/** KL of the adapter from its base, estimated on answers to other prompts. */
function divergenceOf(model: PretrainedModel, batch: IntegerBatch, context: ForwardContext): tf.Scalar {
  const gains = tf.sub(sumsOf(model, batch, context), sumsOf(model, batch, inferenceContext(noAdapters)));
  return tf.maximum<tf.Scalar>(tf.mean(gains), 0);
}

function halfOf({ logProbs, reference, lengths }: AnswerScores, half: 0 | 1): AnswerScores {
  const pairs = Math.floor(logProbs.shape[0] / 2);
  const cut = (values: tf.Tensor1D) => tf.slice(values, half * pairs, pairs);
  return { logProbs: cut(logProbs), reference: cut(reference), lengths: cut(lengths) };
}
