// The options of a run, from flags or from a recipe.

import { omitUndefined } from "../omit-undefined.ts";
import type { RunOptionRows } from "../options/all-options.ts";
import type { Chosen } from "../options/option-table.ts";
import type { TrainingOptions } from "../options.ts";
import type { CheckpointRetention, RunFolder } from "../run-folder.ts";
import { trainingNames } from "../train/training-names.ts";
import { type LoopOptions, resumedOptions } from "../train/training-options.ts";

/** Options that are lists, for which a recipe may have a single value. */
type Lists = "data" | "validation" | "addTokens" | "reward";

/** All options with their defaults; undefined means: the default of the adapter, the model or the plan. */
export interface CompleteRecipe extends Omit<Chosen<RunOptionRows>, Lists> {
  /** Files, glob patterns, data sets of the Hub or "-"; their rows are concatenated. */
  readonly data: readonly string[];
  readonly validation?: readonly string[];
  readonly addTokens?: readonly string[];
  readonly reward?: readonly string[];
}

/** A recipe's options by name; missing options have the default documented in `lowrank train --help`. */
export type Recipe = { readonly [Name in Exclude<keyof CompleteRecipe, Lists>]?: CompleteRecipe[Name] | undefined } & {
  readonly data: string | readonly string[];
  readonly validation?: string | readonly string[] | undefined;
  readonly addTokens?: string | readonly string[] | undefined;
  readonly reward?: string | readonly string[] | undefined;
};

export type WithModel<Options> = Options & { readonly model: string };

/** Options with the same name in the library that the loop does not need: rows, other models and rewards are read before it, the folder is outside it. */
const notOfLoop: ReadonlySet<string> = new Set([
  ...["validation", "validationShare", "teacher", "guide", "reward"],
  ...["out", "overwrite", "resume", "saveEvery", "keepCheckpoints", "tensorBoard", "report", "verifyBase"],
]);

/** The effect of `likePeft` on the loop: the defaults of transformers' Trainer instead of this library's. */
const likeTrainer: LoopOptions = { batchSize: 8, learningRate: 5e-5, epochs: 3, warmupSteps: 0 };

/** Options for tokenizing and the loop, in the library's form; missing ones have the values of the folder's run. */
export function trainingOptions(recipe: CompleteRecipe, { initial }: Pick<RunFolder, "initial">): TrainingOptions {
  const alike = Object.entries(recipe).filter(([name]) => Object.hasOwn(trainingNames, name) && !notOfLoop.has(name));
  const chosen: TrainingOptions = { ...Object.fromEntries(alike), ...promptsOf(recipe) };
  const options = { ...(recipe.likePeft === true ? likeTrainer : {}), ...omitUndefined(chosen) };
  return resumedOptions(initial.options, options, recipe);
}

/** Prompts before texts to compare, in the library's form. */
export function promptsOf({
  queryPrompt: first,
  documentPrompt: others,
}: Pick<CompleteRecipe, "queryPrompt" | "documentPrompt">): Pick<TrainingOptions, "prompts"> {
  return first === undefined && others === undefined ? {} : { prompts: omitUndefined({ first, others }) };
}

/** Checkpoint retention, in the library's form. */
export function checkpointRetention(recipe: Pick<CompleteRecipe, "keepCheckpoints">): CheckpointRetention | undefined {
  const keep = recipe.keepCheckpoints;
  if (keep === undefined) return undefined;
  const last = keep.find((name) => name.startsWith("last:"));
  return { best: keep.includes("best"), last: last === undefined ? 1 : Number(last.slice("last:".length)) };
}
