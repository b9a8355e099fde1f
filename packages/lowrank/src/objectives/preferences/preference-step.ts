// The loss of a batch of preferences, and what it is over many: how often and by how much the better answer wins.

import type { ForwardContext } from "@lowrank/contracts";
import { mismatchedAnswers, type TokenBatch } from "@lowrank/data";
import { type PreferenceResult, type PretrainedModel, preferenceLoss } from "@lowrank/models";
import * as tf from "@tensorflow/tfjs-core";
import { type JudgedReward, type JudgedScores, scoresOfJudged } from "../judgements/judged-scores.ts";
import type { PreferencePlan } from "./preference-plan.ts";

/** How a batch becomes a loss. */
export interface PreferenceStep {
  readonly plan: PreferencePlan;
  readonly padId: number;
  readonly context: ForwardContext;
}

/** What preferences are measured by. */
export interface PreferenceScores extends Partial<JudgedScores> {
  readonly loss: number;
}

/** The mean over the batch's pairs or answers. The caller owns the result. */
export function lossOfPreferences(model: PretrainedModel, batch: TokenBatch, step: PreferenceStep): tf.Scalar {
  return tf.tidy(() => resultOf(model, batch, step).loss);
}

/** Over all pairs of the batches. */
export async function measurePreferences(
  model: PretrainedModel,
  batches: Iterable<TokenBatch>,
  { signal, ...step }: PreferenceStep & { readonly signal?: AbortSignal | undefined },
): Promise<PreferenceScores> {
  let [loss, wins, margin, count] = [0, 0, 0, 0];
  const judged: JudgedReward[] = [];
  for (const batch of batches) {
    signal?.throwIfAborted();
    const { loss: mean, rewards: worths } = resultOf(model, batch, step);
    const [[value = Number.NaN], rewards] = await Promise.all([mean.data(), worths.data()]);
    tf.dispose([mean, worths]);
    if (batch.isGood !== undefined) {
      loss += value * batch.rows;
      count += batch.rows;
      judged.push(...batch.isGood.map((isGood, row) => ({ isGood, reward: rewards[row] ?? Number.NaN })));
      continue;
    }
    const pairs = batch.rows / 2;
    const leads = Array.from({ length: pairs }, (_, pair) => (rewards[pair] ?? 0) - (rewards[pair + pairs] ?? 0));
    loss += value * pairs;
    wins += leads.filter((lead) => lead > 0).length;
    margin += leads.reduce((sum, lead) => sum + lead, 0);
    count += pairs;
  }
  if (judged.length > 0) return { loss: loss / count, ...scoresOfJudged(judged) };
  return { loss: loss / count, rewardAccuracy: wins / count, rewardMargin: margin / count };
}

function resultOf(
  model: PretrainedModel,
  answers: TokenBatch,
  { plan, padId, context }: PreferenceStep,
): PreferenceResult {
  const mismatched = plan.loss === "kto" ? mismatchedAnswers(answers, padId) : undefined;
  return preferenceLoss(model, { answers, mismatched, isGood: answers.isGood }, { ...plan, context });
}
