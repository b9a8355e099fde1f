// How rows of answers that people judged are learnt from: by which loss, with which settings.

import { type PreferenceLossName, type PreferenceSettings, preferenceSettings } from "@lowrank/models";
import { given } from "../../given.ts";
import { preferenceLossOf, type RowLoss } from "../row-loss.ts";

/** What a caller says of it. */
export interface PreferenceOptions {
  /**
   * Of rows of two answers: "dpo" (the default), "ipo", "simpo", "orpo" or "kto"; "answers" trains the chosen ones alone, as rows of
   * text. Of rows of one answer that is good or bad: "kto".
   */
  readonly loss?: RowLoss | undefined;
  /** How much the reward of an answer weighs; default 0.1, for "simpo" 2. */
  readonly beta?: number | undefined;
  /** The share of pairs that are the wrong way round, for "dpo" and "simpo"; default 0. */
  readonly labelSmoothing?: number | undefined;
  /** By how much the chosen answer is to lead, for "simpo"; default 1. */
  readonly margin?: number | undefined;
  /** How much good answers weigh, for "kto"; default 1. */
  readonly desirableWeight?: number | undefined;
  /** How much bad ones do; default 1. */
  readonly undesirableWeight?: number | undefined;
}

/** The plan, as data. */
export interface PreferencePlan {
  readonly kind: "preference";
  /** The loss and its settings in words. */
  readonly words: string;
  readonly loss: PreferenceLossName;
  readonly settings: PreferenceSettings;
}

/** Throws TrainingOptionsError for a loss of other rows, UnknownOptionError for a setting that the loss does not read, ModelInputError for one out of range. */
export function preferencePlan(
  { loss, beta, labelSmoothing, margin, desirableWeight, undesirableWeight }: PreferenceOptions,
  goal: "preference" | "judged" = "preference",
): PreferencePlan {
  const name = preferenceLossOf(loss, goal) ?? (goal === "judged" ? "kto" : "dpo");
  const asked = given({ beta, labelSmoothing, margin, desirableWeight, undesirableWeight });
  const settings = preferenceSettings(name, asked);
  return { kind: "preference", words: inWords(name, settings), loss: name, settings };
}

function inWords(loss: PreferenceLossName, settings: PreferenceSettings): string {
  const { beta, labelSmoothing, margin, desirableWeight, undesirableWeight } = settings;
  return [
    `${loss}, β ${beta}`,
    ...(labelSmoothing === 0 ? [] : [`label smoothing ${labelSmoothing}`]),
    ...(margin === 0 ? [] : [`margin ${margin}`]),
    ...(desirableWeight === 1 ? [] : [`desirable weight ${desirableWeight}`]),
    ...(undesirableWeight === 1 ? [] : [`undesirable weight ${undesirableWeight}`]),
  ].join(", ");
}
