// How rows of two answers are learnt from: by which loss, with which settings.

import { type PreferenceLossName, type PreferenceSettings, preferenceSettings } from "@lowrank/models";
import { given } from "../given.ts";
import { preferenceLossOf, type RowLoss } from "../row-loss.ts";

/** What a caller says of it. */
export interface PreferenceOptions {
  /**
   * Of rows of two answers: "dpo" (the default), "ipo", "simpo", "orpo" or "kto"; "answers" trains the chosen ones alone, as rows of
   * text.
   */
  readonly loss?: RowLoss | undefined;
  /** How much the reward of an answer weighs; default 0.1, for "simpo" 2. */
  readonly beta?: number | undefined;
  /** The share of pairs that are the wrong way round, for "dpo" and "simpo"; default 0. */
  readonly labelSmoothing?: number | undefined;
  /** By how much the chosen answer is to lead, for "simpo"; default 1. */
  readonly margin?: number | undefined;
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
export function preferencePlan({ loss, beta, labelSmoothing, margin }: PreferenceOptions): PreferencePlan {
  const name = preferenceLossOf(loss) ?? "dpo";
  const settings = preferenceSettings(name, given({ beta, labelSmoothing, margin }));
  return { kind: "preference", words: inWords(name, settings), loss: name, settings };
}

function inWords(loss: PreferenceLossName, { beta, labelSmoothing, margin }: PreferenceSettings): string {
  return [
    `${loss}, β ${beta}`,
    ...(labelSmoothing === 0 ? [] : [`label smoothing ${labelSmoothing}`]),
    ...(margin === 0 ? [] : [`margin ${margin}`]),
  ].join(", ");
}
