// Learning from preferences and judged answers: the loss, its settings, and metrics over many batches, such as how often and by
// how much the chosen answer wins.

import { selectedNames } from "@lowrank/contracts";
import type { Example, TokenBatch } from "@lowrank/data";
import { mismatchedCompletions, type RowList } from "@lowrank/data/internal";
import { type PretrainedModel, preferenceLoss } from "@lowrank/models";
import {
  type PreferenceLoss,
  type PreferenceLossName,
  type PreferenceResult,
  type PreferenceSettings,
  preferenceLosses,
  preferenceSettings,
} from "@lowrank/models/internal";
import * as tf from "@tensorflow/tfjs-core";
import { mean } from "../../mean.ts";
import type { OpenedBase } from "../../open/open-base.ts";
import { lossAmong, type RowLoss } from "../../options/row-losses.ts";
import { type MeasuredData, measuredBatches } from "../../rows/measured-batches.ts";
import { tokenizeRows } from "../../rows/tokens/tokenize-rows.ts";
import type { EvaluationRequest, ExtraScores, LearningPlan, LossOptions, Measuring } from "../objective.ts";

type Settings = { readonly [Name in keyof PreferenceSettings]?: PreferenceSettings[Name] | undefined };

/** Options of preference losses; docs/preferences.md lists the losses and the settings that each loss reads. */
export interface PreferenceOptions extends Settings {
  /** The loss; "dpo" is the default for pairs; "answers" trains the chosen answers only, as rows of text. */
  readonly loss?: RowLoss | undefined;
}

export const preferenceSettingNames = [
  ...new Set(Object.values(preferenceLosses).flatMap(({ settings }) => Object.keys(settings))),
] as readonly (keyof PreferenceSettings)[];

export interface LearnedAnswers {
  /** The losses for these rows; the first is the default. */
  readonly losses: readonly PreferenceLossName[];
  /** Their rows in words, for messages. */
  readonly rows: string;
}

/** Throws TRAINING_OPTIONS for a loss of other rows, UNKNOWN_OPTION for an unused setting, MODEL_INPUT for one out of range. */
export function preferencePlan(
  options: Settings & { readonly loss?: string | undefined },
  { losses, rows }: LearnedAnswers,
): LearningPlan {
  const name = lossAmong(losses, options.loss, rows) ?? losses[0] ?? "dpo";
  const setOptions = preferenceSettingNames.flatMap((key) => (options[key] === undefined ? [] : [[key, options[key]]]));
  const settings = preferenceSettings(name, Object.fromEntries(setOptions));
  const learned: LearnedLoss = { loss: name, settings };
  return {
    kind: "preference",
    words: inWords(learned),
    comparesNeighbours: "mismatched" in preferenceLosses[name],
    loss: (model, batch, how) => tf.tidy(() => resultOf(model, batch, { ...how, ...learned }).loss),
    measure: (model, data, how) => measureAll(model, data, { ...how, ...learned, padId: data.padId }),
  };
}

interface LearnedLoss {
  readonly loss: PreferenceLossName;
  readonly settings: Readonly<Record<string, number>>;
}

/** "simpo, β 2, margin 1": settings without an effect are omitted. */
function inWords({ loss, settings }: LearnedLoss): string {
  const { settings: known }: PreferenceLoss = preferenceLosses[loss];
  const words = Object.entries(settings).flatMap(([name, value]) => {
    if (value === known[name]?.idle) return [];
    return `${name === "beta" ? "β" : name.replace(/[A-Z]/g, (letter) => ` ${letter.toLowerCase()}`)} ${value}`;
  });
  return [loss, ...words].join(", ");
}

async function measureAll(
  model: PretrainedModel,
  data: MeasuredData,
  { signal, ...step }: Measuring & LossOptions & LearnedLoss,
): Promise<{ readonly loss: number } & Partial<JudgedScores>> {
  let [loss, wins, margin, count] = [0, 0, 0, 0];
  const judged: JudgedReward[] = [];
  for (const batch of measuredBatches(data)) {
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
  { loss, settings, padId, context }: LossOptions & LearnedLoss,
): PreferenceResult {
  const mismatched = "mismatched" in preferenceLosses[loss] ? mismatchedCompletions(answers, padId) : undefined;
  return preferenceLoss(model, { answers, mismatched, isGood: answers.isGood }, { loss, settings, context });
}

/** Nothing without an adapter: the rewards of the base model compared with itself are 0. */
export async function measureRewards(
  { model, context }: OpenedBase,
  rows: RowList<Example>,
  { loss, batchSize, padId, notices, ...how }: EvaluationRequest & LearnedAnswers,
): Promise<ExtraScores> {
  if (model.task !== "causal-lm" || selectedNames(context.adapters).length === 0) return {};
  const plan = preferencePlan({ loss: loss === "answers" ? undefined : loss }, how);
  const data = { examples: tokenizeRows(rows, how, notices), batchSize, padId };
  const { loss: _, ...scores } = await plan.measure(model, data, { context });
  return scores;
}

interface JudgedReward {
  readonly isGood: boolean;
  readonly reward: number;
}

interface JudgedScores {
  /** Share of pairs whose chosen answer has the higher reward; for single answers, of all pairs of a good and a bad one. */
  readonly rewardAccuracy: number;
  /** Mean difference of the rewards. */
  readonly rewardMargin: number;
}

/** Over every pair of a good and a bad answer, ties count half; nothing if one kind is missing. */
function scoresOfJudged(answers: readonly JudgedReward[]): Partial<JudgedScores> {
  const good = answers.filter(({ isGood }) => isGood).map(({ reward }) => reward);
  const bad = answers.filter(({ isGood }) => !isGood).map(({ reward }) => reward);
  if (good.length === 0 || bad.length === 0) return {};
  const sorted = Float64Array.from(bad).sort();
  const below = (reward: number, isBelow: (one: number) => boolean) => {
    let [from, to] = [0, sorted.length];
    while (from < to) {
      const middle = (from + to) >> 1;
      if (isBelow(sorted[middle] ?? reward)) from = middle + 1;
      else to = middle;
    }
    return from;
  };
  const wins = good.reduce((sum, reward) => {
    const [less, notMore] = [below(reward, (value) => value < reward), below(reward, (value) => value <= reward)];
    return sum + (less + notMore) / 2;
  }, 0);
  return { rewardAccuracy: wins / (good.length * bad.length), rewardMargin: mean(good) - mean(bad) };
}
