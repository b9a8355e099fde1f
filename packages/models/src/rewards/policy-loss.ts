// Completions that were sampled and rewarded → a loss: each is made more or less likely, by its advantage.

import type { ForwardContext } from "@lowrank/contracts";
import { withoutTape } from "@lowrank/engine/internal";
import * as tf from "@tensorflow/tfjs-core";
import { modelInputError, nothingSupervisedError } from "../errors.ts";
import { sumsAndLengths } from "../heads/label-sums.ts";
import { batchTensors, type IntegerBatch } from "../inputs/batch-tensors.ts";
import type { PretrainedModel } from "../pretrained-model.ts";
import { type PolicyLossType, policyLosses } from "./policy-losses.ts";

/** Settings of a policy loss, with TRL's names. */
export interface PolicySettings {
  readonly lossType: PolicyLossType;
  /** A ratio below 1 − epsilon is clipped. */
  readonly epsilon: number;
  /** A ratio above 1 + epsilonHigh is clipped. */
  readonly epsilonHigh: number;
  /** Weight of the KL term; "rloo" does not read it: it subtracts β times `completionKl` from rewards. */
  readonly beta: number;
  /** Divides logits, as when the completions were sampled; default 1. */
  readonly temperature?: number | undefined;
  /** Tokens by which "dr_grpo" divides. */
  readonly maxCompletionLength: number;
  /** Trained tokens by which "dapo" divides: those of an update, divided by its number of batches. Default: those of the batch. */
  readonly numItems?: number | undefined;
}

/** Values for each trained position of a batch, in the order of `PretrainedModel.labelLogProbs`. */
export interface PolicyTargets {
  /** [rows] */
  readonly advantages: Float32Array;
  /** Log-probabilities when the completions were sampled: [positions]. Default: those of now, so that all ratios are 1. */
  readonly oldLogProbs?: Float32Array | undefined;
  /** Log-probabilities by the reference model, [positions]; needed if beta is not 0. */
  readonly referenceLogProbs?: Float32Array | undefined;
}

/**
 * The loss of a batch of completions, differentiable for the adapter that `context` selects. The caller owns the scalar.
 *
 * @throws MODEL_INPUT for values that do not fit the batch; NOTHING_SUPERVISED if no label counts; what `PretrainedModel.labelLogProbs` throws.
 */
export function policyLoss(
  model: PretrainedModel,
  batch: IntegerBatch & PolicyTargets,
  how: PolicySettings & { readonly context: ForwardContext },
): tf.Scalar {
  const { ofCompletions, reduce } = policyLosses[how.lossType];
  return tf.tidy(() => {
    const { temperature } = how;
    const { values, positions } = model.labelLogProbs(batchTensors(batch), how.context, {
      temperature,
      sharesPrefix: true,
    });
    checkSizes(batch, positions.length, how);
    const { advantages, oldLogProbs, referenceLogProbs, rows, labelShape } = batch;
    const { beta, maxCompletionLength, numItems = positions.length } = how;
    const old = oldLogProbs === undefined ? withoutTape(() => tf.clone(values)) : tf.tensor1d(oldLogProbs);
    const logRatios = tf.sub<tf.Tensor1D>(values, old);
    const summed = (numbers: tf.Tensor1D) => sumsAndLengths(batch, { values: numbers, positions });
    const sizes = { rows, positions: positions.length, maxCompletionLength, numItems };
    if (ofCompletions === true) {
      const { sums, lengths } = summed(logRatios);
      return reduce(clippedLosses(tf.exp<tf.Tensor1D>(sums), advantages, how), { ...sizes, lengths });
    }
    const [, columns = batch.time] = labelShape;
    const ofTokens = Float32Array.from(positions, (position) => advantages[Math.floor(position / columns)] ?? 0);
    const ratios = tf.exp<tf.Tensor1D>(logRatios);
    const rewarded = clippedLosses(ratios, ofTokens, how);
    const isNear = beta !== 0 && referenceLogProbs !== undefined;
    const losses = isNear
      ? tf.add<tf.Tensor1D>(rewarded, tf.mul<tf.Tensor1D>(klOf(values, referenceLogProbs, ratios), beta))
      : rewarded;
    const { sums, lengths } = summed(losses);
    return reduce(sums, { ...sizes, lengths });
  });
}

/** −min(ρ·A, clip(ρ)·A): Schulman et al. 2017, eq. 7. */
function clippedLosses(ratios: tf.Tensor1D, advantages: Float32Array, how: PolicySettings): tf.Tensor1D {
  const clipped = tf.clipByValue(ratios, 1 - how.epsilon, 1 + how.epsilonHigh);
  return tf.neg(tf.minimum<tf.Tensor1D>(tf.mul(ratios, advantages), tf.mul(clipped, advantages)));
}

/**
 * ρ·(π_ref/π − log π_ref/π − 1), an estimate of the KL divergence that is never negative (Shao et al. 2024, eq. 4). The ratio makes
 * its gradient unbiased: DeepSeek-V3.2, section 3.1, and TRL's default, `use_bias_correction_kl`.
 */
function klOf(logProbs: tf.Tensor1D, reference: Float32Array, ratios: tf.Tensor1D): tf.Tensor1D {
  const gains = tf.sub<tf.Tensor1D>(tf.tensor1d(reference), logProbs);
  return tf.mul(ratios, tf.sub<tf.Tensor1D>(tf.expm1(gains), gains));
}

/** Values of another size might broadcast, and train on wrong numbers. */
function checkSizes(
  { rows, advantages, oldLogProbs, referenceLogProbs }: IntegerBatch & PolicyTargets,
  positions: number,
  { beta, lossType }: PolicySettings,
): void {
  if (positions === 0) throw nothingSupervisedError();
  const needsReference = beta !== 0 && policyLosses[lossType].ofCompletions !== true;
  for (const [name, values, size] of [
    ["advantages", advantages, rows],
    ["oldLogProbs", oldLogProbs, positions],
    ["referenceLogProbs", referenceLogProbs ?? (needsReference ? [] : undefined), positions],
  ] as const) {
    if (values !== undefined && values.length !== size)
      throw modelInputError(name, `it has ${values.length} values, the batch needs ${size}`);
  }
}
